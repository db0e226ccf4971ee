/* How much of a TLS record is missing, says schannel? A program of its own, without a line of PGBackup:
 *
 *     incomplete PORT [bcryptprimitives.dll]
 *
 * It makes a TLS connection to a server of TDS 8 on this machine, asks for its PRELOGIN, gives the first ten bytes of
 * the answer's record to DecryptMessage, and prints what that says. Windows says the same in both buffers of type
 * SECBUFFER_MISSING, and it is what is missing. Wine 8 says it in the first, and in the second the length of
 * the whole record: it subtracts the second buffer's own length, 0, from it (dlls/secur32/schannel.c,
 * schan_DecryptMessage). The crate schannel, which native-tls is on Windows, reads the second.
 *
 * With the DLL of tests/windows/bcryptprimitives.c loaded both are right. Exit code 0 if they are, 1 if not. */

#define SECURITY_WIN32
#include <winsock2.h>

#include <windows.h>

#include <schannel.h>
#include <security.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                          \
            exit(2);                                                                                         \
        }                                                                                                    \
    } while (0)

enum { GIVEN = 10, ROOM = 65536 };

static SOCKET connection;
static CredHandle credentials;
static CtxtHandle context;
static BYTE received[ROOM];
static ULONG length;

static void send_all(const void *bytes, ULONG count)
{
    CHECK(send(connection, (const char *)bytes, (int)count, 0) == (int)count);
}

static void receive_some(void)
{
    int count = recv(connection, (char *)received + length, (int)(ROOM - length), 0);
    CHECK(count > 0);
    length += (ULONG)count;
}

static void shake_hands(void)
{
    WCHAR package[] = UNISP_NAME_W;
    SCHANNEL_CRED wish = {.dwVersion = SCHANNEL_CRED_VERSION,
                          .grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT,
                          .dwFlags = SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS};
    CHECK(AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &wish, NULL, NULL, &credentials, NULL)
          == SEC_E_OK);
    SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;
    for (bool first = true; status != SEC_E_OK; first = false) {
        SecBuffer in[2] = {{length, SECBUFFER_TOKEN, received}, {0, SECBUFFER_EMPTY, NULL}};
        SecBuffer out = {0, SECBUFFER_TOKEN, NULL};
        SecBufferDesc ins = {SECBUFFER_VERSION, 2, in}, outs = {SECBUFFER_VERSION, 1, &out};
        ULONG flags = 0;
        status = InitializeSecurityContextW(&credentials, first ? NULL : &context, NULL,
                                            ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY, 0, 0,
                                            first ? NULL : &ins, 0, &context, &outs, &flags, NULL);
        if (status == SEC_E_INCOMPLETE_MESSAGE) {
            receive_some();
            continue;
        }
        CHECK(status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED);
        if (out.cbBuffer > 0) {
            send_all(out.pvBuffer, out.cbBuffer);
            FreeContextBuffer(out.pvBuffer);
        }
        ULONG rest = !first && in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
        memmove(received, received + length - rest, rest);
        length = rest;
        if (status == SEC_I_CONTINUE_NEEDED && length == 0) {
            receive_some();
        }
    }
}

/* A PRELOGIN packet with the version alone (MS-TDS 2.2.6.5). */
static void ask(void)
{
    static const BYTE request[] = {18, 1, 0, 20, 0, 0, 1, 0, 0, 0, 6, 0, 6, 255, 16, 0, 0, 0, 0, 0};
    SecPkgContext_StreamSizes sizes;
    CHECK(QueryContextAttributesW(&context, SECPKG_ATTR_STREAM_SIZES, &sizes) == SEC_E_OK);
    BYTE record[1024];
    CHECK(sizes.cbHeader + sizeof request + sizes.cbTrailer <= sizeof record);
    memcpy(record + sizes.cbHeader, request, sizeof request);
    SecBuffer buffers[4] = {{sizes.cbHeader, SECBUFFER_STREAM_HEADER, record},
                            {sizeof request, SECBUFFER_DATA, record + sizes.cbHeader},
                            {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, record + sizes.cbHeader + sizeof request},
                            {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc message = {SECBUFFER_VERSION, 4, buffers};
    CHECK(EncryptMessage(&context, 0, &message, 0) == SEC_E_OK);
    send_all(record, buffers[0].cbBuffer + buffers[1].cbBuffer + buffers[2].cbBuffer);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2 || argc == 3);
    CHECK(argc == 2 || LoadLibraryA(argv[2]) != NULL);
    WSADATA data;
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((u_short)atoi(argv[1]));
    connection = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(connection, (struct sockaddr *)&address, sizeof address) == 0);
    shake_hands();
    ask();
    while (length < GIVEN) {
        receive_some();
    }
    ULONG missing = 5U + ((ULONG)received[3] << 8 | received[4]) - GIVEN;
    SecBuffer buffers[4] = {{GIVEN, SECBUFFER_DATA, received},
                            {0, SECBUFFER_EMPTY, NULL},
                            {0, SECBUFFER_EMPTY, NULL},
                            {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc message = {SECBUFFER_VERSION, 4, buffers};
    CHECK(DecryptMessage(&context, &message, 0, NULL) == SEC_E_INCOMPLETE_MESSAGE);
    CHECK(buffers[0].BufferType == SECBUFFER_MISSING && buffers[1].BufferType == SECBUFFER_MISSING);
    printf("%lu bytes of the record are missing; DecryptMessage says %lu, and %lu\n", missing, buffers[0].cbBuffer,
           buffers[1].cbBuffer);
    return buffers[0].cbBuffer == missing && buffers[1].cbBuffer == missing ? 0 : 1;
}
