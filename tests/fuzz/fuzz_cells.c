/* fuzz: lyc_store. Stored rows: whatever the bytes are, they are refused or decoded within themselves. */
#include "store/cells.h"

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    struct cell *cells;
    size_t columns, rows, begin, end;
    struct span bytes = {(const char *)data, size};
    task_begin(&t, 0);
    if (cells_read_head(&t, bytes, &columns, &rows) == E_OK && size >= cells_index_at(rows + 1) &&
        cells_read_index(&t, span_from(bytes, cells_index_at(0)), rows, &begin, &end) == E_OK &&
        end <= size - cells_index_at(rows + 1)) {
        struct span body = {bytes.p + cells_index_at(rows + 1) + begin, end - begin};
        if (cells_read_rows(&t, body, columns, rows, &cells) == E_OK)
            for (size_t i = 0; i < columns * rows; i++)
                must(cells[i].s.n <= body.n);
    }
    task_end(&t);
    return 0;
}
