/* link: building addresses. */
#include "pages/link.h"

struct link
link_begin(struct task *t)
{
    return (struct link){.b = task_buf(t, LINK_BYTES)};
}

void
link_segment(struct link *l, struct span segment)
{
    buf_putc(l->b, '/');
    http_encode(l->b, segment);
}

void
link_fixed(struct link *l, const char *text)
{
    buf_puts(l->b, text);
}

void
link_param(struct link *l, const char *name, struct span value)
{
    buf_putc(l->b, l->has_query ? '&' : '?');
    l->has_query = true;
    http_encode(l->b, span_of(name));
    buf_putc(l->b, '=');
    http_encode(l->b, value);
}

struct span
link_end(struct link *l)
{
    return l->b->failed ? SPAN("/") : buf_view(l->b);
}

struct span
link_dataset(struct task *t, struct span dataset)
{
    struct link l = link_begin(t);
    link_segment(&l, dataset);
    return link_end(&l);
}

struct span
link_table(struct task *t, struct span dataset, struct span table)
{
    struct link l = link_begin(t);
    link_segment(&l, dataset);
    link_segment(&l, table);
    return link_end(&l);
}

struct span
link_sql(struct task *t, struct span dataset, struct span sql)
{
    if (sql.n > LINK_SQL_BYTES)
        return SPAN_NONE;
    struct link l = link_begin(t);
    link_segment(&l, dataset);
    link_fixed(&l, "/-/query");
    link_param(&l, "sql", sql);
    return link_end(&l);
}
