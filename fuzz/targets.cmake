# SPDX-License-Identifier: MIT
#
# One program per target. With PITOT_FUZZ (the preset `fuzz`, which needs clang) it is a fuzzer,
# fuzz-<target>; otherwise it is replay-<target>, which a test feeds the committed corpus.

if(PITOT_FUZZ)
    add_custom_target(fuzzers) # all of them
endif()

# fuzz/decode.c, once for each of these.
set(fuzz_formats text openmetrics openmetrics_2 protobuf json)
set(fuzz_others parse_double)
set(fuzz_http accept query)
if(web_is_whole)
    list(APPEND fuzz_http web_config)
endif()

if(NOT PITOT_HTTP)
    set(fuzz_http)
endif()

foreach(target IN LISTS fuzz_formats fuzz_others fuzz_http)
    set(source fuzz/${target}.c)
    if(target IN_LIST fuzz_formats)
        set(source fuzz/decode.c)
    endif()
    if(PITOT_FUZZ)
        set(program fuzz-${target})
        add_executable(${program} ${source})
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
        add_dependencies(fuzzers ${program})
    else()
        set(program replay-${target})
        add_executable(${program} ${source} fuzz/replay.c)
        add_test(NAME fuzz/${target}
            COMMAND ${program} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${target})
        set_tests_properties(fuzz/${target} PROPERTIES TIMEOUT 120)
    endif()
    set_target_properties(${program} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/tests)
    target_link_libraries(${program} PRIVATE ${http_static} pitot::static pitot_flags m)
    target_include_directories(${program} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    string(TOUPPER PITOT_FORMAT_${target} format)
    target_compile_definitions(${program} PRIVATE FUZZ_FORMAT=${format})
endforeach()
