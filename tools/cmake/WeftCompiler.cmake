# Flags that every target shares, in one interface library: weft_flags.
include(GNUInstallDirs)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")

find_package(OpenMP REQUIRED COMPONENTS C)

add_library(weft_flags INTERFACE)
target_include_directories(weft_flags INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR}/engine/include)
target_compile_definitions(weft_flags INTERFACE _POSIX_C_SOURCE=200809L)
# -ffp-contract=off: the only fused multiply-adds are the ones written (docs/formats.md section 4).
target_compile_options(weft_flags INTERFACE
  -Wall -Wextra -Wundef -Werror=undef -Wshadow -Wvla -Wpointer-arith -Wstrict-prototypes
  -Wmissing-prototypes -ffp-contract=off -fno-math-errno)
if(WEFT_WERROR)
  target_compile_options(weft_flags INTERFACE -Werror)
endif()
if(WEFT_SANITIZE)
  target_compile_options(weft_flags INTERFACE -fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(weft_flags INTERFACE -fsanitize=${WEFT_SANITIZE})
endif()
