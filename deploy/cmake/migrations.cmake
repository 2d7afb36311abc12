# migrations/<folder>/NNNN_name.sql compiled into lyc_store. As a script (-DOUT= -DROOT=) it writes the C file.
if(CMAKE_SCRIPT_MODE_FILE)
    set(text "/* Generated from migrations/ by deploy/cmake/migrations.cmake. */\n#include \"store/migrate.h\"\n")
    foreach(folder authority work)
        file(GLOB files ${ROOT}/migrations/${folder}/*.sql)
        list(SORT files)
        set(rows "")
        foreach(file ${files})
            get_filename_component(name ${file} NAME)
            string(MAKE_C_IDENTIFIER "${folder}_${name}" symbol)
            file(READ ${file} hex HEX)
            string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
            string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
            string(APPEND text "static const char ${symbol}[] = {\n${bytes}0};\n")
            string(APPEND rows "    {\"${name}\", ${symbol}},\n")
        endforeach()
        string(APPEND text "static const struct migration ${folder}_rows[] = {\n${rows}};\n"
            "const struct migration_list migrations_${folder} = {${folder}_rows, sizeof ${folder}_rows / sizeof ${folder}_rows[0]};\n")
    endforeach()
    file(WRITE ${OUT} "${text}")
    return()
endif()

file(GLOB migration_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/*/*.sql)
set(MIGRATIONS_C ${CMAKE_BINARY_DIR}/generated/store/migrations.c)
add_custom_command(OUTPUT ${MIGRATIONS_C}
    COMMAND ${CMAKE_COMMAND} -DOUT=${MIGRATIONS_C} -DROOT=${CMAKE_SOURCE_DIR} -P ${CMAKE_SOURCE_DIR}/deploy/cmake/migrations.cmake
    DEPENDS ${migration_files} ${CMAKE_SOURCE_DIR}/deploy/cmake/migrations.cmake
    COMMENT "Compiling the migrations in" VERBATIM)
target_sources(lyc_store PRIVATE ${MIGRATIONS_C})
