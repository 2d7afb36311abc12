WITH t(a) AS (SELECT 'x''y', "q", [b], `c`, x'00', 1.5e-3, 0xFF, ?1, :p, @q, $r) -- n
/* m */ SELECT count(*) FROM t WHERE a <> 'open