/* Checks of the second set of functions for directories, paths and patterns. */

static void paths_as_texts(void)
{
    static const struct {
        const char *path, *base, *parent, *extension;
    } rows[] = {
        {"", "", ".", ""},          {"/", "/", "/", ""},           {"a", "a", ".", ""},
        {"a/", "a", ".", ""},       {"/a/b/", "b", "/a", ""},      {".bashrc", ".bashrc", ".", ""},
        {"b.tar.gz", "b.tar.gz", ".", "gz"}, {"//", "/", "/", ""}, {"a//b.c//", "b.c", "a", "c"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(is(rt_path_basename(rows[i].path), rows[i].base));
        CHECK(is(rt_path_dirname(rows[i].path), rows[i].parent));
        CHECK(is(rt_path_extension(rows[i].path), rows[i].extension));
    }
    CHECK(is(rt_path_join("a", "b"), "a/b") && is(rt_path_join("a/", "b"), "a/b") && is(rt_path_join("a", "/b"), "/b"));
    CHECK(is(rt_path_join("", "b"), "b") && is(rt_path_join("a", ""), "a"));
    CHECK(is(rt_path_absolute("/a//b/./c/.."), "/a/b/c/..") && is(rt_path_absolute("//"), "/") && is(rt_path_absolute("/a/"), "/a"));
    FAILS(rt_path_join(NULL, "b"), NULL, E_FAULT);
    FAILS(rt_path_join("a", NULL), NULL, E_FAULT);

    CHECK(sh("mkdir \"$D/real\"; : > \"$D/real/file\"; ln -s real \"$D/way\"; ln -s ../real/file \"$D/real/again\"") == 0);
    char *expected = output_of("readlink -f \"$D/real/file\"");
    CHECK(expected != NULL && is(rt_path_canonical(at("way/./again")), expected) && is(rt_path_canonical(at("real/../way/file")), expected));
    rt_free(expected);
    FAILS(rt_path_canonical(""), NULL, E_NOENT);
    FAILS(rt_path_canonical(at("real/no")), NULL, E_NOENT);
    FAILS(rt_path_canonical(at("real/file/")), NULL, E_NOTDIR);
}

static void trees(void)
{
    CHECK(sh("cd \"$D\"; mkdir -p wood/a/b wood/c; touch wood/x wood/a/y wood/a/b/z wood/.hidden; ln -s ../../real wood/c/link; mkdir precious; touch precious/file; ln -s ../../precious wood/a/to-precious") == 0);
    CHECK(rt_dir_exists(at("wood")) && !rt_dir_exists(at("wood/x")) && !rt_dir_exists(at("no")));
    char **list = rt_dir_walk(at("wood"));
    static const char *const files[] = {"wood/x", "wood/a/y", "wood/a/b/z", "wood/.hidden", "wood/c/link", "wood/a/to-precious"};
    CHECK(is_list(list, COUNT(files)));
    for (size_t i = 0; list != NULL && i < COUNT(files); i++)
        CHECK(contains(list, at(files[i])));
    rt_free(list);
    FAILS(rt_dir_walk(at("no")), NULL, E_NOENT);

    static const struct {
        const char *pattern, *found;
    } rows[] = {
        {"wood/*", "wood/.hidden wood/a wood/c wood/x "},
        {"wood/*/[xyz]", "wood/a/y "},
        {"wood/**/z", "wood/a/b/z "},
        {"wood/?/link/file", "wood/c/link/file "},
        {"wood/[!a]", "wood/c wood/x "},
        {"wood/no*", ""},
        {"no/*", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct line found = {0};
        list = rt_glob_pattern(at(rows[i].pattern));
        CHECK(list != NULL);
        for (char **path = list; list != NULL && *path != NULL; path++) {
            add(&found, *path + length(directory) + 1);
            add(&found, " ");
        }
        CHECK(same(found.text, rows[i].found));
        rt_free(list);
    }
    FAILS(rt_glob_pattern("a/["), NULL, E_INVAL);
    FAILS(rt_glob_pattern("***"), NULL, E_INVAL);
    CHECK(rt_glob_match("a*[0-9].txt", "abc7.txt") && rt_glob_match("*", ".hidden") && rt_glob_match("a/**/b", "a/x/y/b"));
    FAILS(rt_glob_match("a?c", "abbc"), false, E_NONE);
    FAILS(rt_glob_match("[", "["), false, E_INVAL);

    FAILS(rt_dir_remove(at("wood")), false, E_NOTEMPTY);
    FAILS(rt_dir_remove(at("wood/x")), false, E_NOTDIR);
    CHECK(rt_dir_create(at("empty one"), false) && rt_dir_remove(at("empty one")) && !rt_dir_exists(at("empty one")));
    CHECK(rt_dir_remove_all(at("wood")) && !rt_dir_exists(at("wood")) && rt_file_exists(at("precious/file")));
    FAILS(rt_dir_remove_all(at("wood")), false, E_NOENT);
    CHECK(rt_dir_remove_all(at("way")) && rt_dir_exists(at("real"))); /* a link */
    CHECK(rt_dir_remove_all(at("precious/file")) && rt_dir_exists(at("precious")));
    FAILS(rt_dir_remove_all("/"), false, E_INVAL);
    FAILS(rt_dir_remove_all(at("precious/.")), false, E_INVAL);
    FAILS(rt_dir_remove_all(at("precious/..")), false, E_INVAL);
    CHECK(rt_dir_exists(at("precious")));
}
