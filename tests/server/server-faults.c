/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults by script: lines become rules, rules are matched with requests, and what they say together
 * becomes the plan of a call. test-server.h describes the lines. One lock guards rules and their
 * counters; a rule that a plan refers to outlives a clear.
 */
#include "config.h"

#include "server-private.h"

#include <string.h>

typedef enum
{
  ACTION_STATUS,
  ACTION_RESET,
  ACTION_CLOSE,
  ACTION_STALL,
  ACTION_RESET_REQUEST,
  ACTION_EARLY,
  ACTION_HOLD,
  ACTION_LATENCY,
  ACTION_SLOW,
  ACTION_BANDWIDTH,
  ACTION_TRICKLE,
  ACTION_CORRUPT,
  ACTION_CORRUPT_REQUEST,
  ACTION_WRONG_CHECKSUM,
  ACTION_HEADER,
  ACTION_CONTENT_RANGE,
  ACTION_IGNORE_RANGE,
  ACTION_ETAG,
  ACTION_OVERWRITE,
  ACTION_RANGE_ERROR,
  ACTION_OK_ERROR,
  ACTION_SPACES,
  ACTION_DELETE_ERROR,
  ACTION_GARBAGE,
  ACTION_HUGE_HEADER,
  ACTION_REDIRECT,
  ACTION_EXPIRED_TOKEN,
  ACTION_NO_LENGTH,
  ACTION_DROP,
} Action;

/* What an action takes, "!" marks what it must have. */
static const struct
{
  const char *name;
  const char *words;
} actions[] = {
  [ACTION_STATUS] = { "status", "status! code message retry-after body type applied" },
  [ACTION_RESET] = { "reset", "after applied" },
  [ACTION_CLOSE] = { "close", "after applied" },
  [ACTION_STALL] = { "stall", "after" },
  [ACTION_RESET_REQUEST] = { "reset-request", "after!" },
  [ACTION_EARLY] = { "early", "status! code message retry-after body type" },
  [ACTION_HOLD] = { "hold", "" },
  [ACTION_LATENCY] = { "latency", "ms!" },
  [ACTION_SLOW] = { "slow", "ms!" },
  [ACTION_BANDWIDTH] = { "bandwidth", "rate!" },
  [ACTION_TRICKLE] = { "trickle", "size us" },
  [ACTION_CORRUPT] = { "corrupt", "at!" },
  [ACTION_CORRUPT_REQUEST] = { "corrupt-request", "at!" },
  [ACTION_WRONG_CHECKSUM] = { "wrong-checksum", "" },
  [ACTION_HEADER] = { "header", "name! value" },
  [ACTION_CONTENT_RANGE] = { "content-range", "value!" },
  [ACTION_IGNORE_RANGE] = { "ignore-range", "" },
  [ACTION_ETAG] = { "etag", "" },
  [ACTION_OVERWRITE] = { "overwrite", "" },
  [ACTION_RANGE_ERROR] = { "range-error", "mode!" },
  [ACTION_OK_ERROR] = { "ok-error", "code message spaces ms applied" },
  [ACTION_SPACES] = { "spaces", "spaces! ms" },
  [ACTION_DELETE_ERROR] = { "delete-error", "code! message match" },
  [ACTION_GARBAGE] = { "garbage", "" },
  [ACTION_HUGE_HEADER] = { "huge-header", "size" },
  [ACTION_REDIRECT] = { "redirect", "status location! applied" },
  [ACTION_EXPIRED_TOKEN] = { "expired-token", "applied" },
  [ACTION_NO_LENGTH] = { "no-length", "" },
  [ACTION_DROP] = { "drop", "" },
};

typedef struct
{
  gatomicrefcount references;
  guint number;
  char *line;
  GHashTable *words; /* NAME → VALUE, both its own */
  Action action;

  char **operations;
  GPatternSpec *bucket;
  GPatternSpec *key;
  GPatternSpec *match;
  guint64 nth_first;
  guint64 nth_last;
  double probability;
  GRand *random; /* NULL: always */

  guint64 seen;
  guint fired;
} Rule;

struct _TsFaults
{
  GMutex lock;
  GPtrArray *rules;
  GArray *forgotten; /* Forgotten: counts of rules that were cleared */
  guint last_number;
};

typedef struct
{
  guint number;
  guint fired;
} Forgotten;

static void
rule_unref (gpointer data)
{
  Rule *rule = data;

  if (!g_atomic_ref_count_dec (&rule->references))
    return;
  g_free (rule->line);
  g_clear_pointer (&rule->words, g_hash_table_unref);
  g_strfreev (rule->operations);
  g_clear_pointer (&rule->bucket, g_pattern_spec_free);
  g_clear_pointer (&rule->key, g_pattern_spec_free);
  g_clear_pointer (&rule->match, g_pattern_spec_free);
  g_clear_pointer (&rule->random, g_rand_free);
  g_free (rule);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rule, rule_unref)

TsFaults *
ts_faults_new (void)
{
  TsFaults *faults = g_new0 (TsFaults, 1);

  g_mutex_init (&faults->lock);
  faults->rules = g_ptr_array_new_with_free_func (rule_unref);
  faults->forgotten = g_array_new (FALSE, FALSE, sizeof (Forgotten));
  return faults;
}

void
ts_faults_free (TsFaults *faults)
{
  g_ptr_array_unref (faults->rules);
  g_array_unref (faults->forgotten);
  g_mutex_clear (&faults->lock);
  g_free (faults);
}

/* ---- reading a line ---- */

static const char *
word (const Rule *rule, const char *name)
{
  return g_hash_table_lookup (rule->words, name);
}

static gboolean
has_word (const Rule *rule, const char *name)
{
  return word (rule, name) != NULL;
}

static guint64
number (const Rule *rule, const char *name, guint64 otherwise)
{
  guint64 n = otherwise;

  if (has_word (rule, name))
    ts_parse_size (word (rule, name), &n);
  return n;
}

static gboolean
bad (GError **error, const char *line, const char *what, const char *value)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "fault \"%s\": %s: \"%s\"",
               line, what, value);
  return FALSE;
}

static gboolean
split_words (Rule *rule, GError **error)
{
  g_auto (GStrv) words = NULL;

  if (!g_shell_parse_argv (rule->line, NULL, &words, error))
    return FALSE;
  for (char **p = words; *p != NULL; p++)
    {
      char *equals = strchr (*p, '=');

      if (equals == NULL || equals == *p)
        return bad (error, rule->line, "not NAME=VALUE", *p);
      *equals = '\0';
      if (!g_hash_table_insert (rule->words, g_strdup (*p), g_strdup (equals + 1)))
        return bad (error, rule->line, "stands twice", *p);
    }
  return TRUE;
}

static gboolean
find_action (Rule *rule, GError **error)
{
  const char *name = word (rule, "action");

  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (actions); i++)
    if (g_str_equal (actions[i].name, name))
      {
        rule->action = (Action) i;
        return TRUE;
      }
  return bad (error, rule->line, "no such action", name != NULL ? name : "");
}

static gboolean
check_words (Rule *rule, GError **error)
{
  static const char *const matchers[] = { "op",  "method", "bucket", "key",  "offset",
                                          "from", "part", "tls", "nth", "every",
                                          "count", "prob", "seed", "action", NULL };
  static const char *const numbers[] = { "offset", "from", "part", "every", "count",
                                         "seed", "after", "ms", "rate", "size",
                                         "us", "at", "spaces", "status", NULL };
  g_auto (GStrv) allowed = g_strsplit (actions[rule->action].words, " ", -1);
  GHashTableIter iter;
  gpointer name, value;

  for (char **p = allowed; *p != NULL; p++)
    {
      char *mark = strchr (*p, '!');

      if (mark == NULL)
        continue;
      *mark = '\0';
      if (!has_word (rule, *p))
        return bad (error, rule->line, "the action needs", *p);
    }
  g_hash_table_iter_init (&iter, rule->words);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      guint64 ignored;

      if (!g_strv_contains (matchers, name)
          && !g_strv_contains ((const char *const *) allowed, name))
        return bad (error, rule->line, "the action does not know", name);
      if (g_strv_contains (numbers, name) && !ts_parse_size (value, &ignored))
        return bad (error, rule->line, "not a number", value);
    }
  return TRUE;
}

static gboolean
read_nth (Rule *rule, GError **error)
{
  const char *nth = word (rule, "nth");
  char *end = NULL;

  rule->nth_first = 1;
  rule->nth_last = G_MAXUINT64;
  if (nth == NULL)
    return TRUE;
  rule->nth_first = g_ascii_strtoull (nth, &end, 10);
  if (end == nth || rule->nth_first == 0)
    return bad (error, rule->line, "not N, N-M or N-", nth);
  if (*end == '\0')
    rule->nth_last = rule->nth_first;
  else if (*end == '-' && end[1] != '\0')
    rule->nth_last = g_ascii_strtoull (end + 1, &end, 10);
  else if (*end == '-')
    end++;
  if (*end != '\0' || rule->nth_last < rule->nth_first)
    return bad (error, rule->line, "not N, N-M or N-", nth);
  return TRUE;
}

static GPatternSpec *
glob (const Rule *rule, const char *name)
{
  return has_word (rule, name) ? g_pattern_spec_new (word (rule, name)) : NULL;
}

static gboolean
is_one_of (const char *text, const char *words)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);

  return text == NULL || g_strv_contains ((const char *const *) list, text);
}

static gboolean
read_rest (Rule *rule, GError **error)
{
  const char *probability = word (rule, "prob");
  char *end = NULL;

  if (has_word (rule, "op"))
    rule->operations = g_strsplit (word (rule, "op"), ",", -1);
  rule->bucket = glob (rule, "bucket");
  rule->key = glob (rule, "key");
  rule->match = glob (rule, "match");
  if (!is_one_of (word (rule, "tls"), "yes no") || !is_one_of (word (rule, "applied"), "yes no"))
    return bad (error, rule->line, "must be yes or no", "tls and applied");
  if (!is_one_of (word (rule, "mode"), "content-range actual-size none"))
    return bad (error, rule->line, "no such mode", word (rule, "mode"));
  if (number (rule, "rate", 1) == 0 || number (rule, "every", 1) == 0)
    return bad (error, rule->line, "must not be 0", "rate and every");
  if (probability == NULL)
    return TRUE;
  rule->probability = g_ascii_strtod (probability, &end);
  if (end == probability || *end != '\0' || rule->probability < 0 || rule->probability > 1)
    return bad (error, rule->line, "not a probability", probability);
  rule->random = g_rand_new_with_seed ((guint32) number (rule, "seed", 1));
  return TRUE;
}

static Rule *
rule_new (const char *line, GError **error)
{
  g_autoptr (Rule) rule = g_new0 (Rule, 1);

  g_atomic_ref_count_init (&rule->references);
  rule->line = g_strstrip (g_strdup (line));
  rule->words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!split_words (rule, error) || !find_action (rule, error) || !check_words (rule, error)
      || !read_nth (rule, error) || !read_rest (rule, error))
    return NULL;
  return g_steal_pointer (&rule);
}

guint
ts_faults_add (TsFaults *faults, const char *line, GError **error)
{
  Rule *rule = rule_new (line, error);
  guint n;

  if (rule == NULL)
    return 0;
  g_mutex_lock (&faults->lock);
  n = rule->number = ++faults->last_number;
  g_ptr_array_add (faults->rules, rule);
  g_mutex_unlock (&faults->lock);
  return n;
}

guint
ts_faults_count (TsFaults *faults, guint rule_number)
{
  guint fired = 0;

  g_mutex_lock (&faults->lock);
  for (guint i = 0; i < faults->rules->len; i++)
    {
      const Rule *rule = g_ptr_array_index (faults->rules, i);

      if (rule->number == rule_number)
        fired = rule->fired;
    }
  for (guint i = 0; i < faults->forgotten->len; i++)
    {
      const Forgotten *forgotten = &g_array_index (faults->forgotten, Forgotten, i);

      if (forgotten->number == rule_number)
        fired = forgotten->fired;
    }
  g_mutex_unlock (&faults->lock);
  return fired;
}

void
ts_faults_clear (TsFaults *faults)
{
  g_mutex_lock (&faults->lock);
  for (guint i = 0; i < faults->rules->len; i++)
    {
      const Rule *rule = g_ptr_array_index (faults->rules, i);
      Forgotten forgotten = { rule->number, rule->fired };

      g_array_append_val (faults->forgotten, forgotten);
    }
  g_ptr_array_set_size (faults->rules, 0);
  g_mutex_unlock (&faults->lock);
}

char *
ts_faults_to_text (TsFaults *faults)
{
  GString *out = g_string_new (NULL);

  g_mutex_lock (&faults->lock);
  for (guint i = 0; i < faults->rules->len; i++)
    {
      const Rule *rule = g_ptr_array_index (faults->rules, i);

      g_string_append_printf (out, "%u %u %s\n", rule->number, rule->fired, rule->line);
    }
  g_mutex_unlock (&faults->lock);
  return g_string_free (out, FALSE);
}

/* ---- matching ---- */

static gboolean
matches_glob (GPatternSpec *pattern, const char *text)
{
  return pattern == NULL || (text != NULL && g_pattern_spec_match_string (pattern, text));
}

static gboolean
matches (const Rule *rule, const TsCall *call)
{
  if (rule->operations != NULL
      && !g_strv_contains ((const char *const *) rule->operations, call->operation))
    return FALSE;
  if (has_word (rule, "method") && g_strcmp0 (word (rule, "method"), call->method) != 0)
    return FALSE;
  if (!matches_glob (rule->bucket, call->bucket) || !matches_glob (rule->key, call->key))
    return FALSE;
  if (has_word (rule, "offset") && number (rule, "offset", 0) != call->first)
    return FALSE;
  if (call->first < number (rule, "from", 0))
    return FALSE;
  if (has_word (rule, "part") && number (rule, "part", 0) != call->part)
    return FALSE;
  if (has_word (rule, "tls") && g_str_equal (word (rule, "tls"), "yes") != call->stream->over_tls)
    return FALSE;
  return TRUE;
}

/* Counts the request; TRUE: the rule acts on it. */
static gboolean
fires (Rule *rule)
{
  guint64 every = number (rule, "every", 1);

  rule->seen++;
  if (rule->seen < rule->nth_first || rule->seen > rule->nth_last || rule->seen % every != 0)
    return FALSE;
  if (rule->random != NULL && g_rand_double (rule->random) >= rule->probability)
    return FALSE;
  if (rule->fired >= number (rule, "count", G_MAXUINT))
    return FALSE;
  rule->fired++;
  return TRUE;
}

/* ---- the plan ---- */

/* The first rule that answers does; FALSE: another one was before. */
static gboolean
set_answer (TsPlan *plan, const Rule *rule, TsAnswer answer)
{
  if (plan->answer != TS_ANSWER_SERVICE)
    return FALSE;
  plan->answer = answer;
  plan->applied = g_strcmp0 (word (rule, "applied"), "yes") == 0;
  plan->status = (guint) number (rule, "status", 307);
  plan->code = word (rule, "code");
  plan->message = word (rule, "message");
  plan->retry_after = word (rule, "retry-after");
  plan->body = word (rule, "body");
  plan->type = word (rule, "type");
  plan->location = word (rule, "location");
  plan->request_after = number (rule, "after", 0);
  return TRUE;
}

static void
set_cut (TsPlan *plan, const Rule *rule, TsCut cut)
{
  if (plan->cut != TS_CUT_NONE)
    return;
  plan->cut = cut;
  plan->cut_after = number (rule, "after", 0);
  plan->stall_first = !has_word (rule, "after");
}

static void
set_spaces (TsPlan *plan, const Rule *rule)
{
  plan->spaces = (guint) number (rule, "spaces", 0);
  plan->spaces_ms = (guint) number (rule, "ms", 0);
}

static void
set_header (TsPlan *plan, const char *name, const char *value)
{
  if (plan->headers == NULL)
    plan->headers = ts_pairs_new ();
  ts_pairs_add (plan->headers, name, value);
}

static TsRangeError
range_error_mode (const char *mode)
{
  if (g_str_equal (mode, "content-range"))
    return TS_RANGE_ERROR_CONTENT_RANGE;
  return g_str_equal (mode, "actual-size") ? TS_RANGE_ERROR_ACTUAL_SIZE : TS_RANGE_ERROR_NONE;
}

/* Actions that damage or delay the service's own answer. */
static void
add_change (TsPlan *plan, const Rule *rule)
{
  switch (rule->action)
    {
    case ACTION_HOLD:
      plan->hold = TRUE;
      break;
    case ACTION_LATENCY:
      plan->latency_ms += (guint) number (rule, "ms", 0);
      break;
    case ACTION_SLOW:
      plan->slow_ms += (guint) number (rule, "ms", 0);
      break;
    case ACTION_BANDWIDTH:
      plan->rate = number (rule, "rate", 0);
      break;
    case ACTION_TRICKLE:
      plan->trickle_size = MAX (1, number (rule, "size", 1));
      plan->trickle_us = (guint) number (rule, "us", 0);
      break;
    case ACTION_CORRUPT:
      plan->corrupt = TRUE;
      plan->corrupt_at = number (rule, "at", 0);
      break;
    case ACTION_CORRUPT_REQUEST:
      plan->corrupt_request = TRUE;
      plan->corrupt_request_at = number (rule, "at", 0);
      break;
    case ACTION_WRONG_CHECKSUM:
      plan->wrong_checksum = TRUE;
      break;
    case ACTION_HEADER:
      set_header (plan, word (rule, "name"), word (rule, "value"));
      break;
    case ACTION_CONTENT_RANGE:
      set_header (plan, "Content-Range", word (rule, "value"));
      break;
    case ACTION_IGNORE_RANGE:
      plan->ignore_range = TRUE;
      break;
    case ACTION_ETAG:
      plan->new_etag = TRUE;
      break;
    case ACTION_OVERWRITE:
      plan->overwrite = TRUE;
      break;
    case ACTION_RANGE_ERROR:
      plan->range_error = range_error_mode (word (rule, "mode"));
      break;
    case ACTION_SPACES:
      set_spaces (plan, rule);
      break;
    case ACTION_DELETE_ERROR:
      plan->delete_code = word (rule, "code");
      plan->delete_match = rule->match;
      break;
    case ACTION_GARBAGE:
      plan->garbage = TRUE;
      break;
    case ACTION_HUGE_HEADER:
      plan->huge_header = number (rule, "size", 64 * 1024);
      break;
    case ACTION_NO_LENGTH:
      plan->no_length = TRUE;
      break;
    case ACTION_DROP:
      plan->drop = TRUE;
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
add_to_plan (TsPlan *plan, const Rule *rule)
{
  switch (rule->action)
    {
    case ACTION_STATUS:
    case ACTION_REDIRECT:
      set_answer (plan, rule, TS_ANSWER_STATUS);
      break;
    case ACTION_EARLY:
      set_answer (plan, rule, TS_ANSWER_EARLY);
      break;
    case ACTION_RESET_REQUEST:
      set_answer (plan, rule, TS_ANSWER_RESET_REQUEST);
      break;
    case ACTION_RESET:
      if (has_word (rule, "after"))
        set_cut (plan, rule, TS_CUT_RESET);
      else
        set_answer (plan, rule, TS_ANSWER_RESET);
      break;
    case ACTION_CLOSE:
      if (has_word (rule, "after"))
        set_cut (plan, rule, TS_CUT_CLOSE);
      else
        set_answer (plan, rule, TS_ANSWER_CLOSE);
      break;
    case ACTION_STALL:
      set_cut (plan, rule, TS_CUT_STALL);
      break;
    case ACTION_OK_ERROR:
      if (!set_answer (plan, rule, TS_ANSWER_OK_ERROR))
        break;
      set_spaces (plan, rule);
      if (plan->code == NULL)
        plan->code = "InternalError";
      break;
    case ACTION_EXPIRED_TOKEN:
      if (!set_answer (plan, rule, TS_ANSWER_STATUS))
        break;
      plan->status = 400;
      plan->code = "ExpiredToken";
      plan->message = "The provided token has expired.";
      break;
    default:
      add_change (plan, rule);
    }
}

void
ts_faults_plan (TsFaults *faults, TsCall *call)
{
  TsPlan *plan = &call->plan;

  g_mutex_lock (&faults->lock);
  for (guint i = 0; i < faults->rules->len; i++)
    {
      Rule *rule = g_ptr_array_index (faults->rules, i);

      if (!matches (rule, call) || !fires (rule))
        continue;
      if (plan->rules == NULL)
        plan->rules = g_ptr_array_new_with_free_func (rule_unref);
      g_atomic_ref_count_inc (&rule->references);
      g_ptr_array_add (plan->rules, rule);
      add_to_plan (plan, rule);
    }
  g_mutex_unlock (&faults->lock);
}

void
ts_plan_clear (TsPlan *plan)
{
  g_clear_pointer (&plan->headers, g_ptr_array_unref);
  g_clear_pointer (&plan->rules, g_ptr_array_unref);
}
