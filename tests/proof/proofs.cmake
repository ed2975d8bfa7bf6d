# SPDX-License-Identifier: MIT
#
# What the proofs need beyond a test's program, and the same programs under other conditions.

# Structures of the library, to find what is to be protected; and nothing that is bound late.
target_include_directories(proof-protect-test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_link_options(proof-protect-test PRIVATE -Wl,-z,now)

add_library(proof-plugin MODULE tests/proof/plugin.c)
set_target_properties(proof-plugin PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/tests)
target_link_libraries(proof-plugin PRIVATE pitot::pitot pitot_warnings)
add_dependencies(proof-unload-test pitot proof-plugin)
target_link_libraries(proof-unload-test PRIVATE ${CMAKE_DL_LIBS})
target_compile_definitions(proof-unload-test PRIVATE
    PITOT_LIBRARY="$<TARGET_FILE:pitot>" PROOF_PLUGIN="$<TARGET_FILE:proof-plugin>")

add_test(NAME proof/sequence
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tests/proof/sequence ${CMAKE_C_COMPILER})
set_tests_properties(proof/sequence PROPERTIES TIMEOUT 60 SKIP_RETURN_CODE 77)

set(shared $<TARGET_FILE:pitot>)
if(http)
    list(APPEND shared $<TARGET_FILE:pitot-http>)
endif()
add_test(NAME proof/thread_local
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tests/proof/thread_local ${shared})
set_tests_properties(proof/thread_local PROPERTIES TIMEOUT 60)

set(environment "SOURCE_DIR=${CMAKE_CURRENT_SOURCE_DIR}")
if(CMAKE_C_FLAGS MATCHES "-fsanitize|--coverage")
    return() # to the tests that every build has
endif()

# Without rseq, on the next rung.
foreach(test IN ITEMS instrument/native instrument/series api/counter api/histogram api/native api/summary proof/exact proof/lookup
        proof/protect proof/unload)
    string(REPLACE "/" "-" program ${test})
    add_test(NAME ${test}/no_rseq COMMAND ${program}-test)
    set_tests_properties(${test}/no_rseq PROPERTIES TIMEOUT 300
        ENVIRONMENT "${environment};GLIBC_TUNABLES=glibc.pthread.rseq=0")
endforeach()

# Under valgrind, which has no rseq either.
find_program(VALGRIND valgrind)
if(VALGRIND)
    foreach(test IN ITEMS instrument/native instrument/series proof/exact proof/lookup proof/unload)
        string(REPLACE "/" "-" program ${test})
        add_test(NAME ${test}/valgrind COMMAND ${VALGRIND} --quiet --error-exitcode=1
            --leak-check=full --errors-for-leak-kinds=definite --fair-sched=try
            $<TARGET_FILE:${program}-test>)
        set_tests_properties(${test}/valgrind PROPERTIES TIMEOUT 300
            ENVIRONMENT "${environment};PROOF_SMALL=1")
    endforeach()
endif()
