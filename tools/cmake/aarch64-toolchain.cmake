# Cross-compiling for AArch64 Linux on Debian: cmake -DCMAKE_TOOLCHAIN_FILE=tools/cmake/aarch64-toolchain.cmake
# (gcc-aarch64-linux-gnu, libc6-dev-arm64-cross). Tests run under qemu-user-static; WEFT_QEMU_CPU names the
# processor that it shows, e.g. cortex-a72 for one without the dot product.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
if(NOT CMAKE_C_COMPILER)
  set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
endif()
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu) # clang
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} /usr/aarch64-linux-gnu/lib/pkgconfig) # not the host's libraries
set(WEFT_QEMU_CPU max CACHE STRING "Processor that qemu shows to the tests")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L /usr/aarch64-linux-gnu -cpu ${WEFT_QEMU_CPU})
