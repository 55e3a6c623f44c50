/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and percent coding as the plan and the status lines use them. */
#ifndef PINFOLD_TEXT_H
#define PINFOLD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strict: digits of that base only, at least one, no overflow. */
bool parse_u64(const char *text, int base, uint64_t *out);
bool parse_u32(const char *text, int base, uint32_t *out);

/* Decodes %XX in place; refuses a broken escape and %00, which no path or name can hold. */
bool percent_decode(char *text);

/* Writes printable ASCII except % as it is and every other byte as %XX; always terminates `out`.
 * Returns false when `size` did not suffice, and leaves no half escape then. */
bool percent_encode(const char *text, char *out, size_t size);

#endif
