/* import_source: is it a SQLite database, whole and undamaged? Opens it so that nothing in it can act. */
#include "effect/import_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_BYTES = 100, LOOK_BYTES = 4096 };
#define MAGIC "SQLite format 3"

/* What people send by mistake, by its first bytes. */
static const struct {
    size_t at, n;
    const char *bytes, *what;
} others[] = {
    {0, 2, "\x1f\x8b", "a gzip archive: unpack it first"},
    {0, 4, "PK\x03\x04", "a ZIP archive, perhaps a spreadsheet: unpack it, or save the sheet as CSV"},
    {0, 4, "\x28\xb5\x2f\xfd", "a zstd archive: unpack it first"},
    {0, 6,
        "\xFD"
        "7zXZ",
        "an xz archive: unpack it first"},
    {0, 3, "BZh", "a bzip2 archive: unpack it first"},
    {0, 4, "PAR1", "a Parquet file: export it as CSV or as a SQLite database"},
    {0, 4, "%PDF", "a PDF document"},
    {0, 4, "\xD0\xCF\x11\xE0", "an old Office document: save the sheet as CSV"},
    {4, 11, "Standard Jet", "a Microsoft Access database: export its tables as CSV"},
    {4, 11, "Standard ACE", "a Microsoft Access database: export its tables as CSV"},
    {8, 4, "DUCK", "a DuckDB database: export its tables as CSV or into a SQLite database"},
    {0, 34, "** This file contains an SQLite 2.", "a SQLite 2 database: convert it to SQLite 3 first"},
    {0, 4, "\x37\x7f\x06\x82", "a SQLite write-ahead log (-wal): send the database beside it"},
    {0, 4, "\x37\x7f\x06\x83", "a SQLite write-ahead log (-wal): send the database beside it"},
    {0, 8, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", "a SQLite journal: send the database beside it"},
};

struct header {
    unsigned char bytes[LOOK_BYTES];
    size_t n;
    uint64_t file_bytes;
    uint32_t page_bytes;
    bool wal;
};

static uint32_t
be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Almost every byte value within a page or so: text and real formats don't look like that, ciphers do. */
static bool
looks_encrypted(const struct header *h)
{
    bool seen[256] = {false};
    size_t kinds = 0;
    for (size_t i = 0; i < h->n; i++) {
        kinds += !seen[h->bytes[i]];
        seen[h->bytes[i]] = true;
    }
    return h->n >= 1024 && h->file_bytes % 512 == 0 && kinds >= 225;
}

static bool
looks_like_text(const struct header *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->bytes[i] < 32 && !strchr("\t\r\n\f", h->bytes[i]))
            return false;
    return h->n > 0;
}

static enum err
not_a_database(struct task *t, const struct header *h)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (h->n >= others[i].at + others[i].n && memcmp(h->bytes + others[i].at, others[i].bytes, others[i].n) == 0)
            return task_fail(t, E_INVALID, "The file is not a SQLite database. It looks like %s.", others[i].what);
    if (looks_like_text(h))
        return task_fail(t, E_INVALID,
            "The file is not a SQLite database but text. Its name should end in .csv, .tsv, "
            ".json or .jsonl; a dump in SQL must be loaded into a database first.");
    if (looks_encrypted(h))
        return task_fail(t, E_INVALID,
            "The file is not a SQLite database, or it is an encrypted one. Decrypt it first "
            "(for SQLCipher: sqlcipher_export).");
    return task_fail(t, E_INVALID, "The file is not a SQLite database: it does not begin with \"" MAGIC "\".");
}

static enum err
read_header(struct task *t, const char *path, struct header *h)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int e = errno;
        if (fd >= 0)
            close(fd);
        return task_fail(t, E_UNAVAILABLE, "The file can't be opened for import: %s.", strerror(e));
    }
    ssize_t n = pread(fd, h->bytes, sizeof h->bytes, 0);
    close(fd);
    h->n = n > 0 ? (size_t)n : 0;
    h->file_bytes = (uint64_t)st.st_size;
    return E_OK;
}

/* The header's own claims (https://www.sqlite.org/fileformat2.html, 1.3). */
static enum err
check_header(struct task *t, struct header *h)
{
    if (h->file_bytes == 0)
        return task_fail(t, E_INVALID, "The file is empty: there is nothing in it to publish.");
    if (h->n < HEADER_BYTES && h->n >= sizeof MAGIC && memcmp(h->bytes, MAGIC, sizeof MAGIC) == 0)
        return task_fail(t, E_INVALID, "The database is truncated: it ends within its header.");
    if (h->n < HEADER_BYTES || memcmp(h->bytes, MAGIC, sizeof MAGIC) != 0)
        return not_a_database(t, h);
    h->page_bytes = (uint32_t)h->bytes[16] << 8 | h->bytes[17];
    if (h->page_bytes == 1)
        h->page_bytes = 65536;
    if (h->page_bytes < 512 || (h->page_bytes & (h->page_bytes - 1)) != 0)
        return task_fail(
            t, E_INVALID, "The database's header is damaged: it names a page size of %u bytes.", h->page_bytes);
    h->wal = h->bytes[18] == 2 || h->bytes[19] == 2;
    /* The page count is to be believed only when it was written by the last change. */
    uint64_t pages = be32(h->bytes + 24) == be32(h->bytes + 92) ? be32(h->bytes + 28) : 0;
    if (pages * h->page_bytes > h->file_bytes)
        return task_fail(t, E_INVALID, "The database is truncated: its header promises %llu bytes, the file has %llu.",
            (unsigned long long)(pages * h->page_bytes), (unsigned long long)h->file_bytes);
    return E_OK;
}

static int
any_order(void *arg, int n1, const void *p1, int n2, const void *p2)
{
    (void)arg;
    int n = n1 < n2 ? n1 : n2;
    int c = n > 0 ? memcmp(p1, p2, (size_t)n) : 0;
    return c ? c : n1 - n2;
}

/* A program's own collation: its name is known, its order is not, so plain bytes stand in. */
static void
make_collation(void *arg, sqlite3 *db, int encoding, const char *name)
{
    (void)arg;
    (void)encoding;
    sqlite3_create_collation_v2(db, name, SQLITE_UTF8, NULL, any_order, NULL);
}

static enum err
harden(struct task *t, sqlite3 *db)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 0},
    };
    static const char *const no_modules[] = {NULL};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        sqlite3_db_config(db, options[i].option, options[i].value, NULL);
    sqlite3_drop_modules(db, (const char **)(uintptr_t)no_modules); /* no virtual table's code ever sees the file */
    sqlite3_collation_needed(db, NULL, make_collation);
    return lite_exec(t, db,
        "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;"
        "PRAGMA ignore_check_constraints=ON; PRAGMA query_only=ON; PRAGMA temp_store=FILE");
}

/* Complaints about values, not about the file: the copy deals with them. */
static bool
is_about_values(struct span s)
{
    static const char *const words[] = {
        "NULL value in ", "CHECK constraint failed", "TEXT value in ", "NUMERIC value in ", "non-"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (span_starts(s, words[i]))
            return true;
    return false;
}

static enum err
take_complaint(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct import *im = arg;
    struct span s = lite_text(row, 0);
    if (span_is(s, "ok"))
        return E_OK;
    if (is_about_values(s) && im->job->labels)
        return E_OK; /* it names columns */
    if (is_about_values(s)) {
        report_note(im->report, task_printf(t, "SQLite's check of the file says: %.*s.", SPAN_ARG(span_first(s, 200))));
        return E_OK;
    }
    return task_fail(t, E_INVALID,
        "The file is damaged (%.*s). Restore it from a backup, or rescue what is left with the "
        "sqlite3 program's .recover command.",
        SPAN_ARG(span_first(s, 200)));
}

enum err
import_source_open(struct task *t, struct import *im)
{
    struct header h = {.n = 0};
    const char *path = task_printf(t, "%s/source", im->job->folder);
    if (read_header(t, path, &h) != E_OK || check_header(t, &h) != E_OK)
        return t->err;
    if (h.wal)
        report_note(im->report,
            "The database is in WAL mode: changes that were still in its -wal file when it was sent "
            "are not here. To be sure, run PRAGMA wal_checkpoint(TRUNCATE) and publish again.");
    /* By URI for immutable=1: without it a WAL database wants a -shm, and a hot journal beside the file would be rolled
     * back. */
    const char *uri = task_printf(t, "file:%s?immutable=1", path);
    int rc = sqlite3_open_v2(uri, &im->from,
        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX,
        NULL);
    if (rc != SQLITE_OK)
        return lite_fail(t, im->from, rc);
    import_say(im, true, "Checking the file");
    if (harden(t, im->from) != E_OK)
        return t->err;
    return lite_each(t, im->from, "PRAGMA quick_check(20)", take_complaint, im);
}
