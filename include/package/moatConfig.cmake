# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
#
# find_package(moat) gives:
#
#   moat::moat       the compiler
#   moat::runtime    the library for host programs, with its headers
#
#   moat_add_library(plugin SOURCE plugin.wasm [OPTIONS -O3 …])
#     A library of a module: linking it brings plugin.h and moat::runtime along. It is compiled
#     again when the module, its options or moat changes.
#
#   moat_add_executable(tool SOURCE tool.wasm [OPTIONS --dir=… …])
#     A program of a module, built by `all`; an imported executable, so that $<TARGET_FILE:tool>
#     and the target's property MOAT_PROGRAM are its path.
#
# The module may be what another command makes. Everything is found from where this file is,
# so the installed tree can be moved.

include(CMakeFindDependencyMacro)
find_dependency(Threads)

get_filename_component(MOAT_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET moat::moat)
  add_executable(moat::moat IMPORTED)
  set_target_properties(moat::moat PROPERTIES IMPORTED_LOCATION "${MOAT_PREFIX}/bin/moat")
  add_library(moat::runtime STATIC IMPORTED)
  set_target_properties(moat::runtime PROPERTIES
    IMPORTED_LOCATION "${MOAT_PREFIX}/lib/libmoat.a"
    INTERFACE_INCLUDE_DIRECTORIES "${MOAT_PREFIX}/include"
    INTERFACE_LINK_LIBRARIES Threads::Threads
    INTERFACE_LINK_OPTIONS -Wl,--eh-frame-hdr) # compilers leave it out with -static
endif()

# SOURCE's path; a relative one is first looked for where it is made, then where it is written.
function(_moat_source result source)
  if(NOT IS_ABSOLUTE "${source}")
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
      set(source "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
    else()
      set(source "${CMAKE_CURRENT_BINARY_DIR}/${source}")
    endif()
  endif()
  set(${result} "${source}" PARENT_SCOPE)
endfunction()

function(moat_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE" "OPTIONS")
  if(NOT arg_SOURCE)
    message(FATAL_ERROR "moat_add_library(${name}): SOURCE is missing")
  endif()
  _moat_source(source "${arg_SOURCE}")
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${name}.moat")
  file(MAKE_DIRECTORY "${folder}")
  set(archive "${folder}/lib${name}.a")
  set(header "${folder}/${name}.h")
  add_custom_command(OUTPUT "${archive}" "${header}"
    COMMAND moat::moat "${source}" --emit=archive --name=${name} -o "${archive}"
      --header=${header} ${arg_OPTIONS}
    DEPENDS "${source}" "${MOAT_PREFIX}/bin/moat" "${MOAT_PREFIX}/lib/moat/libmoatCompiler.so"
    COMMENT "Compiling ${arg_SOURCE} to lib${name}.a" VERBATIM)
  add_custom_target(${name}-moat DEPENDS "${archive}" "${header}")
  add_library(${name} STATIC IMPORTED GLOBAL)
  add_dependencies(${name} ${name}-moat)
  set_target_properties(${name} PROPERTIES
    IMPORTED_LOCATION "${archive}"
    INTERFACE_INCLUDE_DIRECTORIES "${folder}"
    INTERFACE_LINK_LIBRARIES moat::runtime)
endfunction()

function(moat_add_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE" "OPTIONS")
  if(NOT arg_SOURCE)
    message(FATAL_ERROR "moat_add_executable(${name}): SOURCE is missing")
  endif()
  _moat_source(source "${arg_SOURCE}")
  set(program "${CMAKE_CURRENT_BINARY_DIR}/${name}")
  # A custom target of the program's name would be a second rule for that file in Ninja, and one
  # that depends on the file would depend on the imported target: so there is a stamp.
  set(stamp "${program}.stamp")
  add_custom_command(OUTPUT "${stamp}" BYPRODUCTS "${program}"
    COMMAND moat::moat "${source}" -o "${program}" ${arg_OPTIONS}
    COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
    DEPENDS "${source}" "${MOAT_PREFIX}/bin/moat" "${MOAT_PREFIX}/lib/moat/libmoatCompiler.so"
    COMMENT "Compiling ${arg_SOURCE} to ${name}" VERBATIM)
  add_custom_target(${name}-moat ALL DEPENDS "${stamp}")
  add_executable(${name} IMPORTED GLOBAL)
  add_dependencies(${name} ${name}-moat)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION "${program}"
    MOAT_PROGRAM "${program}")
endfunction()
