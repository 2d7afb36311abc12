/* policy_view: design 02's rules as a relation, the first that fits wins. Written from the text, not from decide.c; the
 * database is in memory and ends with the call. */
#include "store/policy_view.h"

#include "store/db.h"

/* A rule fits by machine and, where they are given, above, mode, effect and level. The text's order is n. */
static const char view[] =
    "create temp view policy_table as with"
    " proposer(place, proposer, machine) as (values (0,'user',0), (1,'model',1), (2,'plugin',1)),"
    " integrity(integrity, typed) as (values (0,1), (1,1), (2,0), (3,0), (4,0)),"
    " level(place, level) as (values (0,'public'), (1,'org'), (2,'private'), (3,'secret')),"
    " dominates(place, dominates) as (values (0,'yes'), (1,'no')),"
    " effect(place, effect) as (values (0,'E0'), (1,'E1'), (2,'E2'), (3,'E3'), (4,'E4')),"
    " mode(place, mode) as (values (0,'public'), (1,'private'), (2,'strict')),"
    " approval(place, approval) as (values (0,'none'), (1,'pending'), (2,'approved'), (3,'expired'),"
    "  (4,'consumed'), (5,'mismatched')),"
    " rule(n, decision, reason, machine, above, mode, first_effect, last_effect, least_level) as (values"
    "  (1, 'REFUSE', 'above-clearance', 1, 1, null, 0, 4, 0),"
    "  (2, 'REFUSE', 'private-data-in-public-mode', 1, null, 'public', 0, 4, 1),"
    "  (3, 'REFUSE', 'authority-is-for-people', 1, null, null, 4, 4, 0),"
    "  (4, 'REFUSE', 'outside-needs-public-mode', 1, null, 'private', 3, 3, 0),"
    "  (5, 'REFUSE', 'outside-needs-public-mode', 1, null, 'strict', 3, 3, 0),"
    "  (6, 'REFUSE', 'outside-needs-public-mode', 1, null, null, 3, 3, 1),"
    "  (7, 'REFUSE', 'strict-mode', 1, null, 'strict', 2, 4, 0),"
    "  (8, 'ALLOW', 'read-within-clearance', 1, null, null, 0, 0, 0),"
    "  (9, 'ALLOW', 'ephemeral', 1, null, null, 1, 1, 0),"
    "  (10, 'ASK', 'effect-needs-approval', 1, null, null, 2, 4, 0),"
    "  (11, 'ALLOW', 'own-gesture', 0, null, null, 0, 1, 0),"
    "  (12, 'ASK', 'declassifying-needs-approval', 0, 1, null, 2, 3, 0),"
    "  (13, 'ALLOW', 'own-gesture', 0, null, null, 2, 3, 0),"
    "  (14, 'ASK', 'authority-needs-step-up', 0, null, null, 4, 4, 0)),"
    " flow as (select p.place as p, p.proposer, i.integrity, l.place as l, l.level, d.place as d, d.dominates,"
    "   e.place as e, e.effect, k.place as k, k.level as clearance, m.place as m, m.mode,"
    "   case when p.machine = 1 or (i.typed = 0 and e.effect in ('E2', 'E3', 'E4')) then 1 else 0 end as machine,"
    "   case when d.dominates = 'no' or k.place < l.place then 1 else 0 end as above"
    "  from proposer p cross join integrity i cross join level l cross join dominates d cross join effect e"
    "  cross join level k cross join mode m),"
    " judged as (select f.*, (select min(r.n) from rule r where r.machine = f.machine and f.e >= r.first_effect"
    "    and f.e <= r.last_effect and f.l >= r.least_level and coalesce(r.above, f.above) = f.above"
    "    and coalesce(r.mode, f.mode) = f.mode) as n from flow f)"
    " select j.*, a.place as a, a.approval,"
    "  case when r.decision = 'ASK' and a.approval = 'approved' then 'ALLOW' else r.decision end as decision,"
    "  case when r.decision = 'ASK' and a.approval = 'approved' then 'approved' else r.reason end as reason"
    " from judged j join rule r on r.n = j.n cross join approval a";
static const char all_rows[] =
    "select proposer || char(9) || integrity || char(9) || level || char(9) || dominates || char(9) || effect ||"
    " char(9) || clearance || char(9) || mode || char(9) || approval || char(9) || decision || char(9) || reason ||"
    " char(10) from policy_table order by p, integrity, l, d, e, k, m, a";

enum err
policy_view_put(struct task *t, struct buf *out)
{
    struct db db = {0};
    struct db_rows rows;
    int rc = sqlite3_open_v2(":memory:", &db.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    enum err e = rc == SQLITE_OK ? db_exec(t, &db, view) : db_fail(t, &db, rc);
    if (e == E_OK)
        e = db_rows(t, &db, all_rows, DB_NO_ARGS, &rows);
    if (e == E_OK) {
        buf_puts(out, "proposer\tintegrity\tlevel\tdominates\teffect\tclearance\tmode\tapproval\tdecision\treason\n");
        while (db_next(t, &rows))
            buf_span(out, db_text(t, &rows, 0));
        e = t->err;
    }
    db_close(&db);
    return e;
}
