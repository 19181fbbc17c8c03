/*
 * A program and its own shared object, which both call the library. Either each is linked with the hosted archive, or
 * the object alone is, and the program takes the functions from it. Both share one state (errors, blocks, environment,
 * locks), whichever copy of a function the dynamic linker chooses. Compiled twice: with OBJECT defined it is the shared
 * object. Needs pthreads.
 *
 *     two_parts PATH    the path must not exist
 */
#include "check.h"

#include <pthread.h>

int32_t object_last_error(void);
bool object_finds(const char *path);
char **object_list(const char *path);
char *object_get(const char *name);
bool object_set(const char *name, const char *value);
int64_t object_lock(const char *path);
bool object_unlock(int64_t fd);
int32_t object_run(const char *script);
void object_free(void *block);

#ifdef OBJECT

int32_t object_last_error(void)
{
    return rt_last_error();
}

bool object_finds(const char *path)
{
    return rt_file_exists(path);
}

char **object_list(const char *path)
{
    return rt_dir_list(path);
}

char *object_get(const char *name)
{
    return rt_env_get(name);
}

bool object_set(const char *name, const char *value)
{
    return rt_env_set(name, value);
}

int64_t object_lock(const char *path)
{
    return rt_file_lock(path);
}

bool object_unlock(int64_t fd)
{
    return rt_file_unlock(fd);
}

int32_t object_run(const char *script)
{
    const char *const arguments[] = {"-c", script};
    return rt_process_run("sh", arguments, 2);
}

void object_free(void *block)
{
    rt_free(block);
}

#else

static void errors(void)
{
    CHECK(rt_file_read_text("/") == NULL);
    EQUAL(object_last_error(), E_ISDIR);
    CHECK(!object_finds("/no/such/file"));
    EQUAL(rt_last_error(), E_NOENT);
    CHECK(object_list("/dev/null") == NULL);
    EQUAL(rt_last_error(), E_NOTDIR);
    EQUAL(object_last_error(), E_NOTDIR);
    CHECK(object_finds("/"));
}

static void blocks(void)
{
    char *text = object_get("RT_GIVEN");
    CHECK(text != NULL && same(text, "value") && rt_len(text) == 5);
    rt_free(text);
    text = rt_env_get("RT_GIVEN");
    CHECK(text != NULL && same(text, "value"));
    object_free(text);
    char **list = object_list("/");
    CHECK(list != NULL && rt_len(list) > 0 && list[rt_len(list)] == NULL);
    rt_free(list);
}

static void environment(void)
{
    CHECK(object_set("RT_BY_OBJECT", "1") && rt_env_set("RT_BY_PROGRAM", "2"));
    char *by_object = rt_env_get("RT_BY_OBJECT"), *by_program = object_get("RT_BY_PROGRAM");
    CHECK(same(by_object, "1") && same(by_program, "2"));
    object_free(by_object);
    rt_free(by_program);
    EQUAL(object_run("exit $((40 + RT_BY_OBJECT + RT_BY_PROGRAM))"), 43);
}

static void locks(const char *path)
{
    int64_t fd = object_lock(path);
    CHECK(fd >= 0);
    FAILS(rt_file_lock(path), -1, E_AGAIN);
    CHECK(rt_file_unlock(fd));
    fd = rt_file_lock(path);
    CHECK(fd >= 0 && object_lock(path) == -1 && rt_last_error() == E_AGAIN);
    CHECK(object_unlock(fd));
}

/* On several threads, each part frees blocks of the other, and reads its errors. */
static void *back_and_forth(void *argument)
{
    const char *path = argument;
    for (int turn = 0; turn < 500; turn++) {
        char *one = object_get("RT_GIVEN"), *two = rt_env_get("RT_GIVEN");
        CHECK(same(one, "value") && same(two, "value"));
        rt_free(one);
        object_free(two);
        CHECK(turn % 2 ? rt_file_read_text(path) == NULL : !object_finds("/no/such/file"));
        EQUAL(turn % 3 ? rt_last_error() : object_last_error(), turn % 2 ? E_ISDIR : E_NOENT);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static char root[] = "/";
    if (argc != 2)
        return 2;
    errors();
    blocks();
    environment();
    locks(argv[1]);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, back_and_forth, root) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return verdict();
}

#endif
