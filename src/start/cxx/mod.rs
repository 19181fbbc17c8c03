//! The functions that compilers call for objects of C++ with static storage duration.
//!
//! See "C++ ABI" at <https://itanium-cxx-abi.github.io/cxx-abi/abi.html>.

mod atexit;
mod guard;
mod pure_virtual;
