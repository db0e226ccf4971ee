#include "json.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *closing_quote(const char *opening)
{
    const char *at = opening + 1;
    while (*at != '"') {
        at += *at == '\\' ? 2 : 1;
    }
    return at;
}

static json_value value_at(const char *start)
{
    int depth = 0;
    const char *at = start;
    for (;; at++) {
        if (*at == '"') {
            at = closing_quote(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if (depth == 0 && (*at == ',' || *at == '}' || *at == ']' || *at == '\0')) {
            break;
        } else if (*at == '}' || *at == ']') {
            depth--;
        }
    }
    json_value found = {start, (size_t)(at - start)};
    return found;
}

static json_value element_at(const char *at)
{
    json_value none = {NULL, 0};
    return *at == ']' ? none : value_at(at);
}

json_value json_first(json_value array)
{
    json_value none = {NULL, 0};
    return array.at == NULL || *array.at != '[' ? none : element_at(array.at + 1);
}

json_value json_next(json_value element)
{
    const char *end = element.at + element.length;
    return element_at(*end == ',' ? end + 1 : end);
}

json_value json_member(const char *object, const char *name)
{
    const char *key = object + 1;
    while (*key == '"') {
        const char *end = closing_quote(key);
        json_value found = value_at(end + 2);
        if (strlen(name) == (size_t)(end - key - 1) && strncmp(key + 1, name, strlen(name)) == 0) {
            return found;
        }
        key = found.at + found.length;
        key += *key == ',' ? 1 : 0;
    }
    json_value none = {NULL, 0};
    return none;
}

bool json_is(json_value value, const char *written)
{
    return value.length == strlen(written) && strncmp(value.at, written, value.length) == 0;
}

uint64_t json_number(json_value value)
{
    return value.at == NULL ? 0 : strtoull(value.at, NULL, 10);
}

/* Escapes other than \" \\ \n are of control characters: those stay as they are. */
void json_print(FILE *out, const char *before, json_value value, const char *after)
{
    if (value.at == NULL || json_is(value, "null")) {
        return;
    }
    fputs(before, out);
    bool quoted = value.at[0] == '"';
    const char *end = value.at + value.length - (quoted ? 1 : 0);
    for (const char *at = value.at + (quoted ? 1 : 0); at < end; at++) {
        if (*at == '\\' && strchr("\"\\n", at[1]) != NULL) {
            at++;
            fputc(*at == 'n' ? '\n' : *at, out);
        } else {
            fputc(*at, out);
        }
    }
    fputs(after, out);
}

char *text_of(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *made = length < 0 ? NULL : (char *)malloc((size_t)length + 1);
    if (made == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    va_start(arguments, format);
    vsnprintf(made, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return made;
}

char *json_string(const char *plain)
{
    char *made = text_of("%*s", (int)(6 * strlen(plain) + 2), ""); /* room enough: \u001f for a character at most */
    char *out = made;
    *out++ = '"';
    for (; *plain != '\0'; plain++) {
        if (*plain == '"' || *plain == '\\') {
            *out++ = '\\';
            *out++ = *plain;
        } else if ((unsigned char)*plain < 0x20) {
            out += sprintf(out, "\\u%04x", (unsigned)*plain);
        } else {
            *out++ = *plain;
        }
    }
    *out++ = '"';
    *out = '\0';
    return made;
}
