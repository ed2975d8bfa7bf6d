/* SPDX-License-Identifier: MIT */
/* two.cc -- the other translation unit. */
#include "shared.h"

void hit_elsewhere(const metrics &m)
{
    hit(m, "PUT");
    add(m, 1.5);
}
