/* Loses one text of the library: shows that the tools that look for leaks see those of the library, too. */

#include "check.h"

int main(void)
{
    char *error = NULL;
    pgb_server *server = NULL;
    CHECK(pgb_server_new("{", 1, NULL, 0, &server, &error) == PGB_STATUS_E_REQUEST);
    error = NULL;
    return error == NULL ? 0 : 1;
}
