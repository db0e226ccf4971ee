/* What wine 8 lacks, and what it does wrong: a bcryptprimitives.dll for tests under wine. It is Windows' own on Windows.
 *
 * Every program of Rust loads it, for ProcessPrng. When it is loaded it also mends schannel's DecryptMessage, which
 * tells of a record that is not whole yet how long the record is, in place of how much of it is missing (see
 * incomplete.c). Who believes that waits for bytes that nobody sends. */

#define SECURITY_WIN32
#include <windows.h>

#include <schannel.h>
#include <security.h>
#include <stddef.h>

/* RtlGenRandom by the name under which advapi32 exports it. */
__declspec(dllimport) BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}

/* As wine's secur32 keeps a provider: the tables of functions are what every later call goes by. */
typedef struct {
    LIST_ENTRY links;
    BOOL is_loaded;
    PWSTR module;
    HMODULE library;
    PVOID ansi_table[28];
    PVOID version;
    DECRYPT_MESSAGE_FN table[27]; /* each of a type of its own; of these one is called */
} provider;

typedef struct {
    LIST_ENTRY links;
    SecPkgInfoW info;
    provider *provider;
} package;

enum { DECRYPT_MESSAGE = offsetof(SecurityFunctionTableW, DecryptMessage) / sizeof(PVOID) - 1 };

static DECRYPT_MESSAGE_FN wines;

static SECURITY_STATUS SEC_ENTRY decrypt_message(PCtxtHandle context, PSecBufferDesc message, ULONG number, PULONG quality)
{
    SECURITY_STATUS status = wines(context, message, number, quality);
    if (status == SEC_E_INCOMPLETE_MESSAGE) {
        /* The buffer with the record comes first, and of that it is right. */
        for (ULONG i = 1; i < message->cBuffers; i++) {
            if (message->pBuffers[i].BufferType == SECBUFFER_MISSING) {
                message->pBuffers[i].cbBuffer = message->pBuffers[0].cbBuffer;
            }
        }
    }
    return status;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved)
{
    (void)self;
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH) {
        return TRUE;
    }
    WCHAR name[] = UNISP_NAME_W;
    CredHandle credentials;
    SCHANNEL_CRED wish = {.dwVersion = SCHANNEL_CRED_VERSION};
    if (AcquireCredentialsHandleW(NULL, name, SECPKG_CRED_OUTBOUND, NULL, &wish, NULL, NULL, &credentials, NULL)
        != SEC_E_OK) {
        return TRUE; /* without TLS there is nothing to mend */
    }
    DECRYPT_MESSAGE_FN *place = &((package *)credentials.dwUpper)->provider->table[DECRYPT_MESSAGE];
    wines = *place;
    *place = decrypt_message;
    FreeCredentialsHandle(&credentials);
    return TRUE;
}
