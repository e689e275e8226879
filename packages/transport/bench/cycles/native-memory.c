// What malloc of glibc has given out and not got back, for Node.js, which does not tell. Node-API
// is declared by hand, as its headers are not everywhere.
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

extern int napi_create_double(napi_env, double, napi_value *);
extern int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
extern int napi_set_named_property(napi_env, napi_value, const char *, napi_value);

static void *volatile last_leaked;

static napi_value in_use(napi_env env, napi_callback_info info) {
  struct mallinfo2 all = mallinfo2();
  napi_value bytes = NULL;
  napi_create_double(env, (double)(all.uordblks + all.hblkhd), &bytes);
  return bytes;
}

static napi_value leak(napi_env env, napi_callback_info info) {
  last_leaked = malloc(1024);
  if (last_leaked != NULL) memset(last_leaked, 1, 1024);
  return NULL;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value function = NULL;
  napi_create_function(env, "inUse", (size_t)-1, in_use, NULL, &function);
  napi_set_named_property(env, exports, "inUse", function);
  napi_create_function(env, "leak", (size_t)-1, leak, NULL, &function);
  napi_set_named_property(env, exports, "leak", function);
  return exports;
}
