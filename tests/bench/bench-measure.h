/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Measures of this process: what a function costs in CPU time and how long it takes, each of a few rounds kept. */

#include <glib.h>

#define BENCH_MAX_ROUNDS 99

typedef void (*BenchFunc) (gpointer data);

typedef struct
{
  double cpu[BENCH_MAX_ROUNDS], wall[BENCH_MAX_ROUNDS]; /* seconds */
  guint n;
} BenchSeries;

/* Runs @func once and adds what it cost. */
void bench_series_add (BenchSeries *series, BenchFunc func, gpointer data);

double bench_median (const double *values, guint n);
double bench_best (const double *values, guint n);

/* Runs two functions in turns: what disturbs the machine disturbs both. */
void bench_alternate (guint rounds, BenchSeries *first, BenchFunc first_func, gpointer first_data, BenchSeries *second,
                      BenchFunc second_func, gpointer second_data);

/* The median of first/second, a round each. */
double bench_ratio_of_cpu (const BenchSeries *first, const BenchSeries *second);
double bench_ratio_of_wall (const BenchSeries *first, const BenchSeries *second);

/* Prints the processor, the kernel, the versions of what is measured, and how busy the machine is: a line, "# …". */
void bench_print_machine (void);
