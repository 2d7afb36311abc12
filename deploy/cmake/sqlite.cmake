# Compiles the amalgamation once per (source, flags, compiler) into ~/.cache/lyceum (LYCEUM_CACHE overrides).
set(SQLITE_DIR ${CMAKE_SOURCE_DIR}/node_modules/better-sqlite3/deps/sqlite3)
if(NOT EXISTS ${SQLITE_DIR}/sqlite3.c)
    message(FATAL_ERROR "SQLite's source is missing: run deploy/build, or npm ci --ignore-scripts.")
endif()
set(SQLITE_OPTIONS -DSQLITE_THREADSAFE=2 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_STAT4
    -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_PERCENTILE -DSQLITE_ENABLE_SNAPSHOT -DSQLITE_ENABLE_SESSION
    -DSQLITE_ENABLE_PREUPDATE_HOOK -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_USE_URI=0
    -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_DQS=3 -DSQLITE_MAX_EXPR_DEPTH=1000 -DSQLITE_DEFAULT_FOREIGN_KEYS=1
    -DSQLITE_LIKE_DOESNT_MATCH_BLOBS)
set(SQLITE_FLAGS -std=gnu17 -O2 -g1 -fPIC -fstack-protector-strong -fcf-protection=full -w ${SQLITE_OPTIONS})
if(LYCEUM_SANITIZE)
    list(APPEND SQLITE_FLAGS -fsanitize=${LYCEUM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    # SQLite left-shifts and misaligns on purpose in places; its own tests run with these off.
    list(APPEND SQLITE_FLAGS -fno-sanitize=shift,alignment,pointer-overflow,function)
endif()
if(DEFINED ENV{LYCEUM_CACHE})
    set(SQLITE_CACHE $ENV{LYCEUM_CACHE})
else()
    set(SQLITE_CACHE $ENV{HOME}/.cache/lyceum)
endif()
file(SHA256 ${SQLITE_DIR}/sqlite3.c SQLITE_SUM)
string(SHA256 SQLITE_KEY "${SQLITE_SUM} ${SQLITE_FLAGS} ${CMAKE_C_COMPILER} ${CMAKE_C_COMPILER_VERSION}")
set(SQLITE_OBJECT ${SQLITE_CACHE}/sqlite3-${SQLITE_KEY}.o)
add_custom_command(OUTPUT ${SQLITE_OBJECT}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${SQLITE_CACHE}
    COMMAND ${CMAKE_C_COMPILER} ${SQLITE_FLAGS} -c ${SQLITE_DIR}/sqlite3.c -o ${SQLITE_OBJECT}.tmp
    COMMAND ${CMAKE_COMMAND} -E rename ${SQLITE_OBJECT}.tmp ${SQLITE_OBJECT}
    COMMENT "Compiling SQLite (once for these flags)" VERBATIM)
add_library(lyceum_sqlite3 STATIC ${SQLITE_OBJECT})
set_source_files_properties(${SQLITE_OBJECT} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
set_target_properties(lyceum_sqlite3 PROPERTIES LINKER_LANGUAGE C)
target_include_directories(lyceum_sqlite SYSTEM INTERFACE ${SQLITE_DIR})
target_compile_definitions(lyceum_sqlite INTERFACE SQLITE_ENABLE_PREUPDATE_HOOK SQLITE_ENABLE_SESSION SQLITE_ENABLE_SNAPSHOT)
target_link_libraries(lyceum_sqlite INTERFACE lyceum_sqlite3 m)
