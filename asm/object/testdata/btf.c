// What only BTF says of an object: kernel functions and variables, .kconfig,
// arenas, exception callbacks, CO-RE sites. btf_test.go compiles it.

typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))
#define __weak __attribute__((weak))
#define __noinline __attribute__((noinline))
#define __exception_cb(name) __attribute__((btf_decl_tag("exception_callback:" #name)))

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

extern void kfunc(u64 x) __ksym;
extern void weak_kfunc(u64 x) __weak __ksym;
extern int undeclared(u64 x);
extern const int variable __ksym;
extern const void typeless __weak __ksym;
extern u32 CONFIG_HZ __kconfig;
extern u32 CONFIG_ABSENT __kconfig __weak;

struct {
	int (*type)[33]; // BPF_MAP_TYPE_ARENA
	int (*map_flags)[1 << 10];
	int (*max_entries)[100];
} arena SEC(".maps");

struct {
	int (*type)[1];
	u32 *key;
	u64 *value;
	int (*max_entries)[1];
} hash SEC(".maps");

static void *(*lookup)(void *map, const void *key) = (void *)1;

SEC("tc")
int kernel_functions(void *ctx)
{
	kfunc(1);
	if (weak_kfunc)
		weak_kfunc(2);
	return 0;
}

SEC("tc")
int unresolved(void *ctx)
{
	return undeclared(1);
}

SEC("tc")
u64 kernel_variables(void *ctx)
{
	return variable + (u64)&typeless;
}

SEC("tc")
int kconfig(void *ctx)
{
	return CONFIG_HZ + CONFIG_ABSENT;
}

SEC("tc")
int maps(void *ctx)
{
	u32 key = 0;

	kfunc((u64)&arena);
	return lookup(&hash, &key) != 0;
}

SEC("tc")
int core(struct task_struct *task)
{
	return task->pid;
}

// Part of throws only because the tag says so.
__noinline int on_exception(u64 cookie)
{
	kfunc(cookie);
	return 1;
}

__noinline int subprogram(u64 x)
{
	kfunc(x);
	return 2;
}

SEC("tc")
__exception_cb(on_exception)
int throws(void *ctx)
{
	return subprogram((u64)ctx);
}

SEC("tc")
__exception_cb(nobody)
int throws_at_nobody(void *ctx)
{
	return 0;
}
