# lyc_template: the runtime (app/template) and the pages that lyceum-templates, a build-time program, compiles from
# templates/. To add a page: templates/<folder>/<name>.view and .mustache; see templates/layout/README.md.
file(GLOB template_compiler CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/app/template/compile/*.c)
add_executable(lyceum-templates ${template_compiler})
target_link_libraries(lyceum-templates PRIVATE lyceum_flags lyc_base)

set(TEMPLATE_OUT ${CMAKE_BINARY_DIR}/generated/template)
file(MAKE_DIRECTORY ${TEMPLATE_OUT})
file(GLOB_RECURSE template_sources CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/templates/*.mustache ${CMAKE_SOURCE_DIR}/templates/*.view)
add_custom_command(OUTPUT ${TEMPLATE_OUT}/views.h ${TEMPLATE_OUT}/pages.c
    COMMAND lyceum-templates templates ${TEMPLATE_OUT}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS lyceum-templates ${template_sources}
    COMMENT "Compiling the templates" VERBATIM)

lyceum_folder(template lyc_base)
target_sources(lyc_template PRIVATE ${TEMPLATE_OUT}/pages.c ${TEMPLATE_OUT}/views.h)
target_include_directories(lyc_template PUBLIC ${CMAKE_BINARY_DIR}/generated)

# The tests of the compiler run it.
set_source_files_properties(tests/unit/template/test_spec.c tests/unit/template/test_compile.c PROPERTIES
    COMPILE_DEFINITIONS "LYCEUM_TEMPLATES=\"$<TARGET_FILE:lyceum-templates>\";LYCEUM_CC=\"${CMAKE_C_COMPILER}\"")
