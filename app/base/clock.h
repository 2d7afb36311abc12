/* clock: the two clocks. Tests move the wall clock, never the other. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void); /* for deadlines */
int64_t clock_mono_us(void); /* for durations */
int64_t clock_unix_ms(void); /* wall clock since 1970, for records; LYCEUM tests may shift it */
/* Shifts clock_unix_ms by so many milliseconds, for tests. */
void clock_shift_ms(int64_t ms);
/* "2026-11-21T01:14:00Z" into 21 bytes. */
void clock_iso(int64_t unix_ms, char out[21]);

#endif
