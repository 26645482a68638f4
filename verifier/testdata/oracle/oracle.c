/*
 * An oracle over libxml2 and libxmlsec1: what they make of documents and signatures.
 *
 * It reads framed requests on its standard input and writes framed answers, one for each
 * in their order, until the input ends. See ../../verifiertest/oracle/frame.go for the
 * frames. It opens nothing and fetches nothing.
 *
 *   cc -o oracle oracle.c $(pkg-config --cflags --libs xmlsec1-openssl)
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <openssl/crypto.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

enum { GOOD = 0, MALFORMED = 1, REFUSED = 2 };

typedef struct {
    unsigned char *data;
    size_t size, room;
} Octets;

static void die(const char *what) {
    fprintf(stderr, "oracle: %s\n", what);
    exit(2);
}

static void append(Octets *o, const void *data, size_t size) {
    if (o->size + size > o->room) {
        o->room = 2 * (o->size + size) + 4096;
        o->data = realloc(o->data, o->room);
        if (o->data == NULL) die("out of memory");
    }
    if (size > 0) memcpy(o->data + o->size, data, size);
    o->size += size;
}

static void append_block(Octets *o, const void *data, size_t size) {
    unsigned char head[4] = {size >> 24, size >> 16, size >> 8, size};
    append(o, head, 4);
    append(o, data, size);
}

/* answer replaces what o holds by a status and a word on why. */
static void answer(Octets *o, int status, const char *format, ...) {
    char text[512];
    unsigned char byte = status;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    o->size = 0;
    append(o, &byte, 1);
    append(o, text, strlen(text));
}

/* The first error of libxml2 or libxmlsec1 since the request came; the first fatal one, if any. */
static char complaint[256];
static int fatal;

static void note(const char *text) {
    if (complaint[0] == 0) {
        snprintf(complaint, sizeof complaint, "%s", text);
        complaint[strcspn(complaint, "\n")] = 0;
    }
}

static void note_xml(void *unused, xmlErrorPtr error) {
    (void)unused;
    if (error->level < XML_ERR_ERROR || error->message == NULL) return;
    if (error->level == XML_ERR_FATAL && !fatal) complaint[0] = 0, fatal = 1;
    note(error->message);
}

static void note_xmlsec(const char *file, int line, const char *func, const char *object,
                        const char *subject, int reason, const char *msg) {
    char text[256];
    (void)file;
    snprintf(text, sizeof text, "%s:%d: %s %s: reason %d %s", func, line, object ? object : "",
             subject ? subject : "", reason, msg ? msg : "");
    note(text);
}

/* A request's parts, in the order in which they stand. */
typedef struct {
    unsigned char *at, *end;
} Request;

static unsigned take_byte(Request *r) {
    if (r->at >= r->end) die("a request is cut short");
    return *r->at++;
}

static unsigned char *take_block(Request *r, size_t *size) {
    if (r->end - r->at < 4) die("a request is cut short");
    *size = (size_t)r->at[0] << 24 | r->at[1] << 16 | r->at[2] << 8 | r->at[3];
    r->at += 4;
    if ((size_t)(r->end - r->at) < *size) die("a request is cut short");
    r->at += *size;
    return r->at - *size;
}

static char *take_text(Request *r) {
    size_t size;
    unsigned char *data = take_block(r, &size);
    char *text = malloc(size + 1);
    if (text == NULL) die("out of memory");
    memcpy(text, data, size);
    text[size] = 0;
    return text;
}

/* XML_PARSE_HUGE lifts the bound of 256 on depth, among others. */
static xmlDocPtr parse(Request *r) {
    size_t size;
    unsigned char *data = take_block(r, &size);
    return xmlReadMemory((const char *)data, (int)size, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_HUGE);
}

static const xmlChar *id_names[] = {BAD_CAST "Id", BAD_CAST "ID", BAD_CAST "id", NULL};

static xmlNodePtr find_signature(xmlDocPtr doc) {
    return xmlSecFindNode(xmlDocGetRootElement(doc), xmlSecNodeSignature, xmlSecDSigNs);
}

/* find_apex finds the element that apex names: SignedInfo, or #id. */
static xmlNodePtr find_apex(xmlDocPtr doc, const char *apex) {
    if (apex[0] == '#') {
        xmlAttrPtr id;
        xmlSecAddIDs(doc, xmlDocGetRootElement(doc), id_names);
        id = xmlGetID(doc, BAD_CAST(apex + 1));
        return id == NULL ? NULL : id->parent;
    }
    xmlNodePtr signature = find_signature(doc);
    return signature == NULL ? NULL : xmlSecFindChild(signature, xmlSecNodeSignedInfo, xmlSecDSigNs);
}

/* What is not to be written: all outside apex, unless that is NULL, and what left_out holds. */
typedef struct {
    xmlNodePtr apex, left_out;
} Selection;

static int is_visible(void *data, xmlNodePtr node, xmlNodePtr parent) {
    Selection *s = data;
    xmlNodePtr n = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE ? parent : node;
    int inside = s->apex == NULL;
    for (; n != NULL; n = n->parent) {
        if (n == s->left_out) return 0;
        if (n == s->apex) inside = 1;
    }
    return inside;
}

static int mode_of(unsigned method) {
    switch (method) {
    case 0: return XML_C14N_1_0;
    case 1: return XML_C14N_1_1;
    case 2: return XML_C14N_EXCLUSIVE_1_0;
    }
    die("a method is unknown");
    return 0;
}

/* split cuts list at its blanks; the result ends with NULL. */
static xmlChar **split(char *list) {
    size_t count = 0;
    xmlChar **all = calloc(strlen(list) / 2 + 2, sizeof *all);
    if (all == NULL) die("out of memory");
    for (char *word = strtok(list, " "); word != NULL; word = strtok(NULL, " ")) all[count++] = BAD_CAST word;
    return all;
}

static void canonicalize(Request *r, Octets *out) {
    unsigned method = take_byte(r), comments = take_byte(r), unsigned_ = take_byte(r);
    char *list = take_text(r), *apex = take_text(r);
    xmlChar **prefixes = split(list);
    xmlDocPtr doc = parse(r);
    if (doc == NULL) {
        answer(out, MALFORMED, "%s", complaint);
    } else {
        Selection s = {NULL, NULL};
        if (apex[0] != 0) s.apex = find_apex(doc, apex);
        if (unsigned_) s.left_out = find_signature(doc);
        xmlOutputBufferPtr buffer = xmlAllocOutputBuffer(NULL);
        if (apex[0] != 0 && s.apex == NULL) {
            answer(out, REFUSED, "there is no %s", apex);
        } else if (xmlC14NExecute(doc, is_visible, &s, mode_of(method), method == 2 ? prefixes : NULL, comments, buffer) < 0) {
            answer(out, REFUSED, "c14n: %s", complaint);
        } else {
            unsigned char status = GOOD;
            xmlOutputBufferFlush(buffer);
            append(out, &status, 1);
            append(out, xmlOutputBufferGetContent(buffer), xmlOutputBufferGetSize(buffer));
        }
        xmlOutputBufferClose(buffer);
        xmlFreeDoc(doc);
    }
    free(prefixes);
    free(list);
    free(apex);
}

/* key_of keeps the keys that it has read: there are few of them. */
static xmlSecKeyPtr key_of(const unsigned char *der, size_t size) {
    enum { most = 16 };
    static struct {
        unsigned char *der;
        size_t size;
        xmlSecKeyPtr key;
    } known[most];
    static int next;
    for (int i = 0; i < most; i++) {
        if (known[i].size == size && memcmp(known[i].der, der, size) == 0) return known[i].key;
    }
    xmlSecKeyPtr key = xmlSecCryptoAppKeyLoadMemory(der, size, xmlSecKeyDataFormatDer, NULL, NULL, NULL);
    if (key == NULL) return NULL;
    if (known[next].key != NULL) xmlSecKeyDestroy(known[next].key);
    free(known[next].der);
    known[next].der = malloc(size);
    if (known[next].der == NULL) die("out of memory");
    memcpy(known[next].der, der, size);
    known[next].size = size;
    known[next].key = key;
    next = (next + 1) % most;
    return key;
}

/* accept writes what was digested: of each Reference, and of SignedInfo. */
static void accept(xmlSecDSigCtxPtr ctx, Octets *out) {
    unsigned char status = GOOD;
    append(out, &status, 1);
    xmlSecBufferPtr info = xmlSecDSigCtxGetPreSignBuffer(ctx);
    append_block(out, info ? xmlSecBufferGetData(info) : NULL, info ? xmlSecBufferGetSize(info) : 0);
    xmlSecSize count = xmlSecPtrListGetSize(&ctx->signedInfoReferences);
    for (xmlSecSize i = 0; i < count; i++) {
        xmlSecDSigReferenceCtxPtr ref = xmlSecPtrListGetItem(&ctx->signedInfoReferences, i);
        xmlSecBufferPtr octets = xmlSecDSigReferenceCtxGetPreDigestBuffer(ref);
        append_block(out, octets ? xmlSecBufferGetData(octets) : NULL, octets ? xmlSecBufferGetSize(octets) : 0);
    }
}

static void verify_in(xmlDocPtr doc, xmlSecKeyPtr key, Octets *out) {
    xmlNodePtr signature = find_signature(doc);
    if (signature == NULL) {
        answer(out, REFUSED, "there is no Signature");
        return;
    }
    xmlSecAddIDs(doc, xmlDocGetRootElement(doc), id_names);
    xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(NULL);
    if (ctx == NULL) die("no context");
    ctx->signKey = xmlSecKeyDuplicate(key);
    ctx->flags |= XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES | XMLSEC_DSIG_FLAGS_STORE_SIGNATURE;
    ctx->enabledReferenceUris = xmlSecTransformUriTypeEmpty | xmlSecTransformUriTypeSameDocument;
    complaint[0] = 0; /* what is wrong with Ids does not matter, unless one is referred to */
    if (xmlSecDSigCtxVerify(ctx, signature) < 0) {
        answer(out, REFUSED, "verify: %s", complaint);
    } else if (ctx->status != xmlSecDSigStatusSucceeded) {
        answer(out, REFUSED, "the signature does not hold: %s", complaint);
    } else {
        accept(ctx, out);
    }
    xmlSecDSigCtxDestroy(ctx);
}

static void verify(Request *r, Octets *out) {
    size_t size;
    unsigned char *der = take_block(r, &size);
    xmlSecKeyPtr key = key_of(der, size);
    xmlDocPtr doc = parse(r);
    if (key == NULL) {
        answer(out, REFUSED, "the key can't be read: %s", complaint);
    } else if (doc == NULL) {
        answer(out, MALFORMED, "%s", complaint);
    } else {
        verify_in(doc, key, out);
    }
    if (doc != NULL) xmlFreeDoc(doc);
}

static void start(void) {
    xmlInitParser();
    xmlLoadExtDtdDefaultValue = 0;
    xmlSetStructuredErrorFunc(NULL, note_xml);
    if (xmlSecInit() < 0 || xmlSecCryptoAppInit(NULL) < 0 || xmlSecCryptoInit() < 0) die("xmlsec can't start");
    xmlSecErrorsSetCallback(note_xmlsec);
    xmlSecIOCleanupCallbacks(); /* no document may name a file or a host */
}

int main(void) {
    Octets in = {0}, out = {0};
    unsigned char head[4];
    start();
    while (fread(head, 1, 4, stdin) == 4) {
        size_t size = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
        in.size = out.size = 0;
        if (size > in.room) {
            in.data = realloc(in.data, in.room = size);
            if (in.data == NULL) die("out of memory");
        }
        if (fread(in.data, 1, size, stdin) != size) die("a request is cut short");
        complaint[0] = fatal = 0;
        Request r = {in.data, in.data + size};
        switch (take_byte(&r)) {
        case 'c': canonicalize(&r, &out); break;
        case 'v': verify(&r, &out); break;
        case 'n':
            answer(&out, GOOD, "libxml2 %s, xmlsec1 %s, %s", LIBXML_DOTTED_VERSION, XMLSEC_VERSION, OpenSSL_version(OPENSSL_VERSION));
            break;
        default: die("a request is unknown");
        }
        unsigned char length[4] = {out.size >> 24, out.size >> 16, out.size >> 8, out.size};
        if (fwrite(length, 1, 4, stdout) != 4 || fwrite(out.data, 1, out.size, stdout) != out.size) die("can't answer");
        if (fflush(stdout) != 0) die("can't answer");
    }
    return 0;
}
