/* A driver library for tests: the few NVML functions that are called, with two
 * devices. Device 0 answers everything. Device 1 has no utilisation and may not
 * say its power. Built with -DOLD it lacks what drivers before 2018 lacked. */
#include <string.h>

typedef int ret; /* 0 success, 3 not supported, 4 no permission */
typedef struct { unsigned gpu, memory; } utilization;
typedef struct { unsigned long long total, free, used; } memory1;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory2;

static int devices[2] = {0, 1};

ret nvmlInit_v2(void) { return 0; }
ret nvmlInit(void) { return 0; }
ret nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(ret r) { return "driver error"; }
ret nvmlDeviceGetCount_v2(unsigned *n) { *n = 2; return 0; }
ret nvmlDeviceGetCount(unsigned *n) { *n = 2; return 0; }
ret nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d) { *d = &devices[i]; return 0; }
ret nvmlDeviceGetHandleByIndex(unsigned i, void **d) { *d = &devices[i]; return 0; }
ret nvmlDeviceGetUUID(void *d, char *s, unsigned n) { strncpy(s, *(int *)d ? "GPU-one" : "GPU-zero", n); return 0; }
ret nvmlDeviceGetName(void *d, char *s, unsigned n) { strncpy(s, "NVIDIA Test", n); return 0; }
ret nvmlDeviceGetUtilizationRates(void *d, utilization *u) {
	if (*(int *)d) return 3;
	u->gpu = 75; u->memory = 10;
	return 0;
}
ret nvmlDeviceGetMemoryInfo(void *d, memory1 *m) {
	m->total = 80ull << 30; m->used = 21ull << 30; m->free = m->total - m->used;
	return 0;
}
ret nvmlDeviceGetPowerUsage(void *d, unsigned *mw) {
	if (*(int *)d) return 4;
	*mw = 350000;
	return 0;
}
#ifndef OLD
ret nvmlDeviceGetMemoryInfo_v2(void *d, memory2 *m) {
	if (m->version != (sizeof *m | 2u << 24)) return 25; /* mismatched version */
	m->total = 80ull << 30; m->used = 20ull << 30; m->reserved = 1ull << 30; m->free = 59ull << 30;
	return 0;
}
ret nvmlDeviceGetTotalEnergyConsumption(void *d, unsigned long long *mj) { *mj = 123456; return 0; }
#endif
