package main

/*
#cgo linux LDFLAGS: -ldl

#include <stddef.h>
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
#pragma pack(push, 1)
#else
#include <dlfcn.h>
#endif

typedef unsigned long (*card_login_function)(unsigned long session, unsigned long user, unsigned char *pin, unsigned long length);

// The head of CK_FUNCTION_LIST (PKCS#11 2.40, 3.6): C_Login is the nineteenth function.
struct card_functions {
	unsigned char version[2];
	void (*before_login[18])(void);
	card_login_function login;
};

#ifdef _WIN32
#pragma pack(pop)
#endif

typedef unsigned long (*card_list_function)(struct card_functions **);

// card_login calls C_Login of a module that is loaded already. It returns what the module
// did, or CKR_GENERAL_ERROR if that module isn't there.
static unsigned long card_login(const char *module, unsigned long session, unsigned long user, void *pin, unsigned long length) {
	struct card_functions *functions = NULL;
	unsigned long rv = 5; // CKR_GENERAL_ERROR
#ifdef _WIN32
	HMODULE library = LoadLibraryA(module);
	if (library == NULL) return rv;
	card_list_function list = (card_list_function)GetProcAddress(library, "C_GetFunctionList");
#else
	void *library = dlopen(module, RTLD_LAZY);
	if (library == NULL) return rv;
	card_list_function list = (card_list_function)dlsym(library, "C_GetFunctionList");
#endif
	if (list != NULL && list(&functions) == 0 && functions != NULL && functions->login != NULL)
		rv = functions->login(session, user, pin, length);
#ifdef _WIN32
	FreeLibrary(library);
#else
	dlclose(library);
#endif
	return rv;
}
*/
import "C"

import (
	"unsafe"

	"github.com/miekg/pkcs11"
)

// login calls C_Login with the PIN where it lies. The library's own Login takes a string
// and leaves a copy behind in freed memory, which nobody can wipe.
func login(module string, session pkcs11.SessionHandle, user uint, pin []byte) error {
	path := C.CString(module)
	defer C.free(unsafe.Pointer(path))
	rv := C.card_login(path, C.ulong(session), C.ulong(user), unsafe.Pointer(unsafe.SliceData(pin)), C.ulong(len(pin)))
	if rv != pkcs11.CKR_OK {
		return pkcs11.Error(rv)
	}
	return nil
}
