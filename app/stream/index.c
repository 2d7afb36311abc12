/* index: a chained hash table. Keys come from gate and the agents, so nobody outside can aim at one row. */
#include "stream/index.h"

#include "base/must.h"

static struct index_node **
row_of(const struct index *x, struct span key)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (unsigned char)key.p[i]) * UINT64_C(1099511628211);
    return &x->row[(h ^ h >> 32) & (x->rows - 1)];
}

void
index_init(struct task *t, struct index *x, size_t rows)
{
    must(rows > 0 && (rows & (rows - 1)) == 0);
    *x = (struct index){.row = task_array(t, rows, sizeof(struct index_node *)), .rows = rows};
}

struct index_node *
index_find(const struct index *x, struct span key)
{
    struct index_node *n = *row_of(x, key);
    while (n && !span_eq(n->key, key))
        n = n->next;
    return n;
}

void
index_put(struct index *x, struct index_node *node)
{
    must(!index_find(x, node->key));
    struct index_node **row = row_of(x, node->key);
    node->next = *row;
    *row = node;
    x->n++;
}

void
index_take(struct index *x, struct index_node *node)
{
    struct index_node **at = row_of(x, node->key);
    while (*at && *at != node)
        at = &(*at)->next;
    must(*at == node);
    *at = node->next;
    x->n--;
}
