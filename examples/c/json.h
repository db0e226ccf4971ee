/*
 * JSON, as far as these programs need it. A program with a JSON library uses that. These need none, because they only
 * find their way about in replies, which are valid and without spaces, and can put what they find into the next
 * request as it stands.
 */

#ifndef PGB_EXAMPLES_JSON_H
#define PGB_EXAMPLES_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A value inside a reply, as it stands there: a string has its quotes and escapes. Absent: at is NULL. */
typedef struct {
    const char *at;
    size_t length;
} json_value;

/* The member of an object; absent if it has none of that name. */
json_value json_member(const char *object, const char *name);

/* The first element of an array, and the one after another; absent at the end. */
json_value json_first(json_value array);
json_value json_next(json_value element);

/* Whether a value is written just so, such as true or "full" with its quotes. */
bool json_is(json_value value, const char *written);

/* A number without a fraction; 0 for what is absent or null. */
uint64_t json_number(json_value value);

/* Prints a value for a person between two texts; nothing at all for what is absent or null. */
void json_print(FILE *out, const char *before, json_value value, const char *after);

/* A new text, as printf makes it; freed with free(). The program ends if there is no memory. */
char *text_of(const char *format, ...);

/* A new text: the JSON string of a UTF-8 text, with its quotes. */
char *json_string(const char *plain);

#endif
