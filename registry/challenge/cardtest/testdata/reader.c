/* A PKCS#11 module before another one (SoftHSM2): it adds what that one lacks of real
   readers and cards. The environment says what:

     CARDTEST_MODULE  path of the module behind it
     CARDTEST_STATE   file that keeps the number of wrong PINs in a row
     CARDTEST_TRIES   wrong PINs that lock a card; 0: none does
     CARDTEST_SLOW    milliseconds that a login takes
     CARDTEST_READERS 0: there is no reader
     CARDTEST_SIGNED  file to which goes, in hex, what a card is given to sign */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong_t;

enum { GET_SLOT_LIST = 4, GET_TOKEN_INFO = 6, LOGIN = 18, SIGN = 43, FUNCTIONS = 68 };
enum { OK = 0, PIN_INCORRECT = 0xA0, PIN_LOCKED = 0xA4, COUNT_LOW = 0x10000, FINAL_TRY = 0x20000, LOCKED = 0x40000 };

/* CK_FUNCTION_LIST (PKCS#11 2.40) and the head of CK_TOKEN_INFO. */
struct functions { unsigned char version[2]; void *f[FUNCTIONS]; };
struct token_info { char names[96]; ulong_t flags; };

static struct functions *behind, ours;

static long setting(const char *name, long otherwise) {
	const char *value = getenv(name);
	return value && *value ? atol(value) : otherwise;
}

static long wrong(void) {
	long n = 0;
	FILE *file = fopen(getenv("CARDTEST_STATE"), "r");
	if (file) {
		if (fscanf(file, "%ld", &n) != 1) n = 0;
		fclose(file);
	}
	return n;
}

static void set_wrong(long n) {
	FILE *file = fopen(getenv("CARDTEST_STATE"), "w");
	if (file) {
		fprintf(file, "%ld", n);
		fclose(file);
	}
}

static ulong_t get_slot_list(unsigned char present, ulong_t *slots, ulong_t *count) {
	if (setting("CARDTEST_READERS", 1) == 0) {
		*count = 0;
		return OK;
	}
	return ((ulong_t(*)(unsigned char, ulong_t *, ulong_t *))behind->f[GET_SLOT_LIST])(present, slots, count);
}

static ulong_t get_token_info(ulong_t slot, struct token_info *info) {
	ulong_t rv = ((ulong_t(*)(ulong_t, struct token_info *))behind->f[GET_TOKEN_INFO])(slot, info);
	long tries = setting("CARDTEST_TRIES", 0), n = wrong();
	if (rv != OK || tries == 0) return rv;
	info->flags &= ~(ulong_t)(COUNT_LOW | FINAL_TRY | LOCKED);
	if (n > 0) info->flags |= COUNT_LOW;
	if (n == tries - 1) info->flags |= FINAL_TRY;
	if (n >= tries) info->flags |= LOCKED;
	return rv;
}

static ulong_t login(ulong_t session, ulong_t user, unsigned char *pin, ulong_t length) {
	long tries = setting("CARDTEST_TRIES", 0), n = wrong();
	usleep(1000 * setting("CARDTEST_SLOW", 0));
	if (tries > 0 && n >= tries) return PIN_LOCKED;
	ulong_t rv = ((ulong_t(*)(ulong_t, ulong_t, unsigned char *, ulong_t))behind->f[LOGIN])(session, user, pin, length);
	if (rv == PIN_INCORRECT) set_wrong(n + 1);
	if (rv == OK) set_wrong(0);
	return rv;
}

static ulong_t sign(ulong_t session, unsigned char *data, ulong_t length, unsigned char *signature, ulong_t *size) {
	FILE *file = signature ? fopen(getenv("CARDTEST_SIGNED"), "a") : NULL;
	if (file) {
		for (ulong_t i = 0; i < length; i++) fprintf(file, "%02x", data[i]);
		fprintf(file, "\n");
		fclose(file);
	}
	return ((ulong_t(*)(ulong_t, unsigned char *, ulong_t, unsigned char *, ulong_t *))behind->f[SIGN])(session, data, length, signature, size);
}

ulong_t C_GetFunctionList(struct functions **list) {
	if (!behind) {
		void *library = dlopen(getenv("CARDTEST_MODULE"), RTLD_NOW);
		ulong_t (*get)(struct functions **) = library ? dlsym(library, "C_GetFunctionList") : NULL;
		if (!get || get(&behind) != OK) return 5; /* CKR_GENERAL_ERROR */
		ours = *behind;
		ours.f[GET_SLOT_LIST] = get_slot_list;
		ours.f[GET_TOKEN_INFO] = get_token_info;
		ours.f[LOGIN] = login;
		ours.f[SIGN] = sign;
	}
	*list = &ours;
	return OK;
}
