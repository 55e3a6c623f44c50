/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

bool parse_u64(const char *text, int base, uint64_t *out)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		int digit = digit_of(*text);

		if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	*out = value;
	return true;
}

bool parse_u32(const char *text, int base, uint32_t *out)
{
	uint64_t wide;

	if (!parse_u64(text, base, &wide) || wide > UINT32_MAX)
		return false;
	*out = (uint32_t)wide;
	return true;
}

bool percent_decode(char *text)
{
	char *to = text;

	while (*text != '\0') {
		if (*text != '%') {
			*to++ = *text++;
			continue;
		}
		int high = digit_of(text[1]);
		int low = high < 16 ? digit_of(text[2]) : 99;

		if (high >= 16 || low >= 16 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high * 16 + low);
		text += 3;
	}
	*to = '\0';
	return true;
}

bool percent_encode(const char *text, char *out, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = c > 0x20 && c < 0x7f && c != '%';

		if (size < (plain ? 2u : 4u)) {
			*out = '\0';
			return false;
		}
		if (plain) {
			*out++ = (char)c;
			size--;
		} else {
			*out++ = '%';
			*out++ = hex[c >> 4];
			*out++ = hex[c & 15];
			size -= 3;
		}
	}
	*out = '\0';
	return true;
}
