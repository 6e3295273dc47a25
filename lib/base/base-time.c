/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Times as services write them: RFC 9110 §5.6.7 (HTTP dates), RFC 3339, and the basic form of SigV4. Neither the C
 * library's time functions nor the locale take part, so that a page of a list costs microseconds. Any thread; keeps
 * nothing. */

#include "config.h"

#include "base/base-time.h"

#include <string.h>

#define USEC_PER_SEC G_GINT64_CONSTANT (1000000)
#define SEC_PER_DAY 86400

typedef struct
{
  int year, month, day, hour, minute, second, usec;
} Civil;

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days since 1970-01-01 in the proleptic Gregorian calendar. The year begins in March here, so that the leap day is
 * the last of its year and the months before it have fixed offsets. */
static gint64
days_from_civil (gint64 year, int month, int day)
{
  if (month <= 2)
    year--;

  const gint64 era = (year >= 0 ? year : year - 399) / 400;
  const gint64 year_of_era = year - era * 400;
  const gint64 day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const gint64 day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

  return era * 146097 + day_of_era - 719468;
}

/* To the second. */
static void
civil_from_usec (gint64 usec, Civil *civil)
{
  const gint64 seconds = usec / USEC_PER_SEC - (usec % USEC_PER_SEC < 0);
  const gint64 whole_days = seconds / SEC_PER_DAY - (seconds % SEC_PER_DAY < 0);
  const gint64 rest = seconds - whole_days * SEC_PER_DAY;
  const gint64 days = whole_days + 719468;
  const gint64 era = (days >= 0 ? days : days - 146096) / 146097;
  const gint64 day_of_era = days - era * 146097;
  const gint64 year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted = (int) ((5 * day_of_year + 2) / 153);

  civil->day = (int) (day_of_year - (153 * shifted + 2) / 5 + 1);
  civil->month = shifted < 10 ? shifted + 3 : shifted - 9;
  civil->year = (int) (year_of_era + era * 400) + (civil->month <= 2 ? 1 : 0);
  civil->hour = (int) (rest / 3600);
  civil->minute = (int) (rest / 60 % 60);
  civil->second = (int) (rest % 60);
  civil->usec = 0;
}

static int
days_in_month (int year, int month)
{
  static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  const gboolean leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

  return month == 2 && leap ? 29 : days[month - 1];
}

static gint64
usec_from_civil (const Civil *civil)
{
  if (civil->month < 1 || civil->month > 12 || civil->day < 1
      || civil->day > days_in_month (civil->year, civil->month) || civil->hour > 23 || civil->minute > 59
      || civil->second > 60) /* 60: a leap second */
    return S3D_TIME_UNKNOWN;

  const gint64 days = days_from_civil (civil->year, civil->month, civil->day);
  const gint64 seconds = days * SEC_PER_DAY + civil->hour * 3600 + civil->minute * 60 + civil->second;

  return seconds * USEC_PER_SEC + civil->usec;
}

/* Exactly @n digits. */
static gboolean
take_number (const char **text, int n, int *number)
{
  *number = 0;
  for (int i = 0; i < n; i++)
    {
      if (!g_ascii_isdigit ((*text)[i]))
        return FALSE;
      *number = *number * 10 + ((*text)[i] - '0');
    }
  *text += n;

  return TRUE;
}

static gboolean
take_text (const char **text, const char *expected)
{
  const gsize length = strlen (expected);

  if (g_ascii_strncasecmp (*text, expected, length) != 0)
    return FALSE;
  *text += length;

  return TRUE;
}

static gboolean
take_month (const char **text, int *month)
{
  for (int i = 0; i < 12; i++)
    {
      if (g_ascii_strncasecmp (*text, months + 3 * i, 3) == 0)
        {
          *month = i + 1;
          *text += 3;
          return TRUE;
        }
    }

  return FALSE;
}

static gboolean
take_clock (const char **text, Civil *civil)
{
  return take_number (text, 2, &civil->hour) && take_text (text, ":") && take_number (text, 2, &civil->minute)
         && take_text (text, ":") && take_number (text, 2, &civil->second);
}

/* "06 Nov 1994 08:49:37 GMT" of the preferred form, "06-Nov-94 08:49:37 GMT" of RFC 850. */
static gboolean
take_date_after_weekday (const char **text, Civil *civil)
{
  if (!take_number (text, 2, &civil->day))
    return FALSE;

  if (take_text (text, "-"))
    {
      if (!take_month (text, &civil->month) || !take_text (text, "-") || !take_number (text, 2, &civil->year))
        return FALSE;
      civil->year += civil->year < 70 ? 2000 : 1900;
    }
  else if (!take_text (text, " ") || !take_month (text, &civil->month) || !take_text (text, " ")
           || !take_number (text, 4, &civil->year))
    return FALSE;

  return take_text (text, " ") && take_clock (text, civil) && take_text (text, " GMT");
}

/* "Nov  6 08:49:37 1994" of asctime(). */
static gboolean
take_asctime (const char **text, Civil *civil)
{
  if (!take_month (text, &civil->month) || !take_text (text, " "))
    return FALSE;

  const int width = **text == ' ' ? 1 : 2;
  if (width == 1)
    (*text)++;

  return take_number (text, width, &civil->day) && take_text (text, " ") && take_clock (text, civil)
         && take_text (text, " ") && take_number (text, 4, &civil->year);
}

gint64
s3d_time_parse_http (const char *text)
{
  Civil civil = { 0 };
  const char *rest = text;

  while (g_ascii_isalpha (*rest))
    rest++;

  const gboolean fine = take_text (&rest, ", ") ? take_date_after_weekday (&rest, &civil)
                                                : take_text (&rest, " ") && take_asctime (&rest, &civil);

  return fine && *rest == '\0' ? usec_from_civil (&civil) : S3D_TIME_UNKNOWN;
}

/* Digits beyond microseconds are dropped. */
static gboolean
take_fraction (const char **text, int *usec)
{
  int scale = 100000;

  if (!take_text (text, "."))
    return TRUE;
  if (!g_ascii_isdigit (**text))
    return FALSE;

  for (; g_ascii_isdigit (**text); (*text)++, scale /= 10)
    *usec += (**text - '0') * scale;

  return TRUE;
}

static gboolean
take_offset (const char **text, int *minutes)
{
  int hour = 0, minute = 0;
  const int sign = **text == '-' ? -1 : 1;

  if (take_text (text, "Z"))
    return TRUE;
  if (**text != '+' && **text != '-')
    return FALSE;
  (*text)++;
  if (!take_number (text, 2, &hour) || !take_text (text, ":") || !take_number (text, 2, &minute))
    return FALSE;
  if (hour > 23 || minute > 59)
    return FALSE;
  *minutes = sign * (hour * 60 + minute);

  return TRUE;
}

gint64
s3d_time_parse_rfc3339 (const char *text)
{
  Civil civil = { 0 };
  int offset = 0;
  const char *rest = text;

  if (!take_number (&rest, 4, &civil.year) || !take_text (&rest, "-") || !take_number (&rest, 2, &civil.month)
      || !take_text (&rest, "-") || !take_number (&rest, 2, &civil.day))
    return S3D_TIME_UNKNOWN;
  if (!take_text (&rest, "T") && !take_text (&rest, " "))
    return S3D_TIME_UNKNOWN;
  if (!take_clock (&rest, &civil) || !take_fraction (&rest, &civil.usec) || !take_offset (&rest, &offset)
      || *rest != '\0')
    return S3D_TIME_UNKNOWN;

  const gint64 usec = usec_from_civil (&civil);

  return usec == S3D_TIME_UNKNOWN ? usec : usec - offset * 60 * USEC_PER_SEC;
}

static char *
put_number (char *text, int number, int digits)
{
  for (int i = digits - 1; i >= 0; i--, number /= 10)
    text[i] = (char) ('0' + number % 10);

  return text + digits;
}

void
s3d_time_to_basic (gint64 usec, char text[17])
{
  Civil civil;
  char *end = text;

  civil_from_usec (usec, &civil);
  end = put_number (end, civil.year, 4);
  end = put_number (end, civil.month, 2);
  end = put_number (end, civil.day, 2);
  *end++ = 'T';
  end = put_number (end, civil.hour, 2);
  end = put_number (end, civil.minute, 2);
  end = put_number (end, civil.second, 2);
  *end++ = 'Z';
  *end = '\0';
}

gint64
s3d_time_to_seconds (gint64 usec, guint bits, long *nsec)
{
  const gint64 latest = (gint64) (G_MAXUINT64 >> (65 - bits));
  const gint64 fraction = usec % USEC_PER_SEC;
  const gint64 seconds = usec / USEC_PER_SEC - (fraction < 0);
  const gint64 said = CLAMP (seconds, -latest - 1, latest);

  *nsec = said == seconds ? (long) ((fraction + USEC_PER_SEC) % USEC_PER_SEC) * 1000 : 0;
  return said;
}
