/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints the comments of the properties of S3dlioConfig for the scanner, from what the class itself
 * says of them. Run by the build. */

#include "config.h"

#include <s3dlio/s3dlio.h>

int
main (void)
{
  g_autoptr (GTypeClass) config = g_type_class_ref (S3DLIO_TYPE_CONFIG);
  guint n = 0;
  g_autofree GParamSpec **properties = g_object_class_list_properties (G_OBJECT_CLASS (config), &n);

  for (guint i = 0; i < n; i++)
    {
      const char *name = g_param_spec_get_name (properties[i]);
      g_autofree char *variable = g_ascii_strup (name, -1);

      g_print ("/**\n * S3dlioConfig:%s:\n *\n * %s\n *\n", name, g_param_spec_get_blurb (properties[i]));
      g_print (" * As text: `%s`. Environment variable: `S3DLIO_%s`.\n */\n",
               g_param_spec_get_nick (properties[i]), g_strdelimit (variable, "-", '_'));
    }

  return 0;
}
