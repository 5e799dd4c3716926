package proto

// kfunc is a row: the name of a kernel function.
type kfunc struct {
	name      string
	signature Signature
}

// cpumask is a struct cpumask or bpf_cpumask, whose size is that of CONFIG_NR_CPUS bits.
var cpumask = Arg{Kind: ArgFixed}

// lessCallback is kernel/bpf/verifier.c:set_rbtree_add_callback_state.
var lessCallback = Callback{Arg: 3, Params: [5]Param{ParamObject, ParamObject}}

// kfuncs are the kernel functions that Linux 6.12 offers to programs, by name. Above
// each row stand its C prototype and flags (include/linux/btf.h), of all sets that
// register it.
var kfuncs = [...]kfunc{
	// void bbr_cwnd_event(struct sock *sk, enum tcp_ca_event event)
	{"bbr_cwnd_event", Signature{Return: void}},
	// void bbr_init(struct sock *sk)
	{"bbr_init", Signature{Return: void}},
	// void bbr_main(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)
	{"bbr_main", Signature{Args: [5]Arg{3: {ArgFixed, 72}}, Return: void}},
	// u32 bbr_min_tso_segs(struct sock *sk)
	{"bbr_min_tso_segs", Signature{}},
	// void bbr_set_state(struct sock *sk, u8 new_state)
	{"bbr_set_state", Signature{Return: void}},
	// u32 bbr_sndbuf_expand(struct sock *sk)
	{"bbr_sndbuf_expand", Signature{}},
	// u32 bbr_ssthresh(struct sock *sk)
	{"bbr_ssthresh", Signature{}},
	// u32 bbr_undo_cwnd(struct sock *sk)
	{"bbr_undo_cwnd", Signature{}},
	// void *bpf_arena_alloc_pages(void *p__map, void *addr__ign, u32 page_cnt, int node_id, u64 flags);
	// KF_SLEEPABLE | KF_TRUSTED_ARGS
	{"bpf_arena_alloc_pages", Signature{}},
	// void bpf_arena_free_pages(void *p__map, void *ptr__ign, u32 page_cnt); KF_SLEEPABLE | KF_TRUSTED_ARGS
	{"bpf_arena_free_pages", Signature{Return: void}},
	// void *bpf_cast_to_kern_ctx(void *obj)
	{"bpf_cast_to_kern_ctx", Signature{Return: Return{Kind: ReturnObject, NotNull: true}}},
	// struct cgroup *bpf_cgroup_acquire(struct cgroup *cgrp); KF_ACQUIRE | KF_RCU | KF_RET_NULL
	{"bpf_cgroup_acquire", Signature{Return: acquired}},
	// struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level); KF_ACQUIRE | KF_RCU | KF_RET_NULL
	{"bpf_cgroup_ancestor", Signature{Return: acquired}},
	// struct cgroup *bpf_cgroup_from_id(u64 cgid); KF_ACQUIRE | KF_RET_NULL
	{"bpf_cgroup_from_id", Signature{Return: acquired}},
	// void bpf_cgroup_release(struct cgroup *cgrp); KF_RELEASE
	{"bpf_cgroup_release", Signature{Args: [5]Arg{released}, Return: void}},
	// int bpf_copy_from_user_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags); KF_SLEEPABLE
	{"bpf_copy_from_user_str", Signature{Args: [5]Arg{memory}}},
	// struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *cpumask); KF_ACQUIRE | KF_TRUSTED_ARGS
	{"bpf_cpumask_acquire", Signature{Args: [5]Arg{cpumask}, Return: acquiredNow}},
	// bool bpf_cpumask_and(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2); KF_RCU
	{"bpf_cpumask_and", Signature{Args: [5]Arg{cpumask, cpumask, cpumask}}},
	// u32 bpf_cpumask_any_and_distribute(const struct cpumask *src1, const struct cpumask *src2); KF_RCU
	{"bpf_cpumask_any_and_distribute", Signature{Args: [5]Arg{cpumask, cpumask}}},
	// u32 bpf_cpumask_any_distribute(const struct cpumask *cpumask); KF_RCU
	{"bpf_cpumask_any_distribute", Signature{Args: [5]Arg{cpumask}}},
	// void bpf_cpumask_clear(struct bpf_cpumask *cpumask); KF_RCU
	{"bpf_cpumask_clear", Signature{Args: [5]Arg{cpumask}, Return: void}},
	// void bpf_cpumask_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask); KF_RCU
	{"bpf_cpumask_clear_cpu", Signature{Args: [5]Arg{1: cpumask}, Return: void}},
	// void bpf_cpumask_copy(struct bpf_cpumask *dst, const struct cpumask *src); KF_RCU
	{"bpf_cpumask_copy", Signature{Args: [5]Arg{cpumask, cpumask}, Return: void}},
	// struct bpf_cpumask *bpf_cpumask_create(void); KF_ACQUIRE | KF_RET_NULL
	{"bpf_cpumask_create", Signature{Return: acquired}},
	// bool bpf_cpumask_empty(const struct cpumask *cpumask); KF_RCU
	{"bpf_cpumask_empty", Signature{Args: [5]Arg{cpumask}}},
	// bool bpf_cpumask_equal(const struct cpumask *src1, const struct cpumask *src2); KF_RCU
	{"bpf_cpumask_equal", Signature{Args: [5]Arg{cpumask, cpumask}}},
	// u32 bpf_cpumask_first(const struct cpumask *cpumask); KF_RCU
	{"bpf_cpumask_first", Signature{Args: [5]Arg{cpumask}}},
	// u32 bpf_cpumask_first_and(const struct cpumask *src1, const struct cpumask *src2); KF_RCU
	{"bpf_cpumask_first_and", Signature{Args: [5]Arg{cpumask, cpumask}}},
	// u32 bpf_cpumask_first_zero(const struct cpumask *cpumask); KF_RCU
	{"bpf_cpumask_first_zero", Signature{Args: [5]Arg{cpumask}}},
	// bool bpf_cpumask_full(const struct cpumask *cpumask); KF_RCU
	{"bpf_cpumask_full", Signature{Args: [5]Arg{cpumask}}},
	// bool bpf_cpumask_intersects(const struct cpumask *src1, const struct cpumask *src2); KF_RCU
	{"bpf_cpumask_intersects", Signature{Args: [5]Arg{cpumask, cpumask}}},
	// void bpf_cpumask_or(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2); KF_RCU
	{"bpf_cpumask_or", Signature{Args: [5]Arg{cpumask, cpumask, cpumask}, Return: void}},
	// void bpf_cpumask_release(struct bpf_cpumask *cpumask); KF_RELEASE
	{"bpf_cpumask_release", Signature{Args: [5]Arg{released}, Return: void}},
	// void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *cpumask); KF_RCU
	{"bpf_cpumask_set_cpu", Signature{Args: [5]Arg{1: cpumask}, Return: void}},
	// void bpf_cpumask_setall(struct bpf_cpumask *cpumask); KF_RCU
	{"bpf_cpumask_setall", Signature{Args: [5]Arg{cpumask}, Return: void}},
	// bool bpf_cpumask_subset(const struct cpumask *src1, const struct cpumask *src2); KF_RCU
	{"bpf_cpumask_subset", Signature{Args: [5]Arg{cpumask, cpumask}}},
	// bool bpf_cpumask_test_and_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask); KF_RCU
	{"bpf_cpumask_test_and_clear_cpu", Signature{Args: [5]Arg{1: cpumask}}},
	// bool bpf_cpumask_test_and_set_cpu(u32 cpu, struct bpf_cpumask *cpumask); KF_RCU
	{"bpf_cpumask_test_and_set_cpu", Signature{Args: [5]Arg{1: cpumask}}},
	// bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask); KF_RCU
	{"bpf_cpumask_test_cpu", Signature{Args: [5]Arg{1: cpumask}}},
	// u32 bpf_cpumask_weight(const struct cpumask *cpumask); KF_RCU
	{"bpf_cpumask_weight", Signature{Args: [5]Arg{cpumask}}},
	// void bpf_cpumask_xor(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2); KF_RCU
	{"bpf_cpumask_xor", Signature{Args: [5]Arg{cpumask, cpumask, cpumask}, Return: void}},
	// struct bpf_crypto_ctx *bpf_crypto_ctx_acquire(struct bpf_crypto_ctx *ctx); KF_ACQUIRE | KF_RCU | KF_RET_NULL
	{"bpf_crypto_ctx_acquire", Signature{Return: acquired}},
	// struct bpf_crypto_ctx *bpf_crypto_ctx_create(const struct bpf_crypto_params *params, u32 params__sz,
	// int *err); KF_ACQUIRE | KF_RET_NULL | KF_SLEEPABLE
	{"bpf_crypto_ctx_create", Signature{Args: [5]Arg{memory, 2: {ArgFixed, 4}}, Return: acquired}},
	// void bpf_crypto_ctx_release(struct bpf_crypto_ctx *ctx); KF_RELEASE
	{"bpf_crypto_ctx_release", Signature{Args: [5]Arg{released}, Return: void}},
	// int bpf_crypto_decrypt(struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst,
	// const struct bpf_dynptr *siv__nullable); KF_RCU
	{"bpf_crypto_decrypt", Signature{Args: [5]Arg{1: dynptr, dynptr, dynptr}}},
	// int bpf_crypto_encrypt(struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst,
	// const struct bpf_dynptr *siv__nullable); KF_RCU
	{"bpf_crypto_encrypt", Signature{Args: [5]Arg{1: dynptr, dynptr, dynptr}}},
	// int bpf_ct_change_status(struct nf_conn *nfct, u32 status); KF_TRUSTED_ARGS
	{"bpf_ct_change_status", Signature{}},
	// int bpf_ct_change_timeout(struct nf_conn *nfct, u32 timeout); KF_TRUSTED_ARGS
	{"bpf_ct_change_timeout", Signature{}},
	// struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *nfct_i); KF_ACQUIRE | KF_RELEASE | KF_RET_NULL
	{"bpf_ct_insert_entry", Signature{Args: [5]Arg{released}, Return: acquired}},
	// void bpf_ct_release(struct nf_conn *nfct); KF_RELEASE
	{"bpf_ct_release", Signature{Args: [5]Arg{released}, Return: void}},
	// int bpf_ct_set_nat_info(struct nf_conn___init *nfct, union nf_inet_addr *addr, int port,
	// enum nf_nat_manip_type manip); KF_TRUSTED_ARGS
	{"bpf_ct_set_nat_info", Signature{Args: [5]Arg{1: {ArgFixed, 16}}}},
	// int bpf_ct_set_status(const struct nf_conn___init *nfct, u32 status); KF_TRUSTED_ARGS
	{"bpf_ct_set_status", Signature{}},
	// void bpf_ct_set_timeout(struct nf_conn___init *nfct, u32 timeout); KF_TRUSTED_ARGS
	{"bpf_ct_set_timeout", Signature{Return: void}},
	// int bpf_dynptr_adjust(const struct bpf_dynptr *p, u32 start, u32 end)
	{"bpf_dynptr_adjust", Signature{Args: [5]Arg{dynptr}}},
	// int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit)
	{"bpf_dynptr_clone", Signature{Args: [5]Arg{dynptr, dynptrNew}}},
	// int bpf_dynptr_from_skb(struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit); KF_TRUSTED_ARGS
	{"bpf_dynptr_from_skb", Signature{Args: [5]Arg{2: dynptrNew}}},
	// int bpf_dynptr_from_xdp(struct xdp_md *x, u64 flags, struct bpf_dynptr *ptr__uninit)
	{"bpf_dynptr_from_xdp", Signature{Args: [5]Arg{2: dynptrNew}}},
	// bool bpf_dynptr_is_null(const struct bpf_dynptr *p)
	{"bpf_dynptr_is_null", Signature{Args: [5]Arg{dynptr}}},
	// bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p)
	{"bpf_dynptr_is_rdonly", Signature{Args: [5]Arg{dynptr}}},
	// __u32 bpf_dynptr_size(const struct bpf_dynptr *p)
	{"bpf_dynptr_size", Signature{Args: [5]Arg{dynptr}}},
	// void *bpf_dynptr_slice(const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk); KF_RET_NULL
	{"bpf_dynptr_slice", Signature{Args: [5]Arg{dynptr, 2: memory}, Return: readOnlySlice}},
	// void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk);
	// KF_RET_NULL
	{"bpf_dynptr_slice_rdwr", Signature{Args: [5]Arg{dynptr, 2: memory}, Return: slice}},
	// int bpf_fentry_test1(int a); KF_SLEEPABLE
	{"bpf_fentry_test1", Signature{}},
	// int bpf_get_dentry_xattr(struct dentry *dentry, const char *name__str, struct bpf_dynptr *value_p);
	// KF_SLEEPABLE | KF_TRUSTED_ARGS
	{"bpf_get_dentry_xattr", Signature{Args: [5]Arg{2: dynptr}}},
	// int bpf_get_file_xattr(struct file *file, const char *name__str, struct bpf_dynptr *value_p);
	// KF_SLEEPABLE | KF_TRUSTED_ARGS
	{"bpf_get_file_xattr", Signature{Args: [5]Arg{2: dynptr}}},
	// int bpf_get_fsverity_digest(struct file *file, struct bpf_dynptr *digest_p); KF_TRUSTED_ARGS
	{"bpf_get_fsverity_digest", Signature{Args: [5]Arg{1: dynptr}}},
	// struct file *bpf_get_task_exe_file(struct task_struct *task); KF_ACQUIRE | KF_RET_NULL | KF_TRUSTED_ARGS
	{"bpf_get_task_exe_file", Signature{Return: acquired}},
	// void bpf_iter_bits_destroy(struct bpf_iter_bits *it); KF_ITER_DESTROY
	{"bpf_iter_bits_destroy", Signature{Return: void, Iterator: Iterator{IteratorDestroy, 2}}},
	// int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words); KF_ITER_NEW
	{"bpf_iter_bits_new", Signature{Iterator: Iterator{IteratorNew, 2}}},
	// int *bpf_iter_bits_next(struct bpf_iter_bits *it); KF_ITER_NEXT | KF_RET_NULL
	{"bpf_iter_bits_next", Signature{Return: iteratorValue, Iterator: Iterator{IteratorNext, 2}}},
	// void bpf_iter_css_destroy(struct bpf_iter_css *it); KF_ITER_DESTROY
	{"bpf_iter_css_destroy", Signature{Return: void, Iterator: Iterator{IteratorDestroy, 3}}},
	// int bpf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start, unsigned int flags);
	// KF_ITER_NEW | KF_RCU_PROTECTED | KF_TRUSTED_ARGS
	{"bpf_iter_css_new", Signature{Iterator: Iterator{IteratorNew, 3}}},
	// struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *it); KF_ITER_NEXT | KF_RET_NULL
	{"bpf_iter_css_next", Signature{Return: objectOrNull, Iterator: Iterator{IteratorNext, 3}}},
	// void bpf_iter_css_task_destroy(struct bpf_iter_css_task *it); KF_ITER_DESTROY
	{"bpf_iter_css_task_destroy", Signature{Return: void, Iterator: Iterator{IteratorDestroy, 1}}},
	// int bpf_iter_css_task_new(struct bpf_iter_css_task *it, struct cgroup_subsys_state *css, unsigned int flags);
	// KF_ITER_NEW | KF_TRUSTED_ARGS
	{"bpf_iter_css_task_new", Signature{Iterator: Iterator{IteratorNew, 1}}},
	// struct task_struct *bpf_iter_css_task_next(struct bpf_iter_css_task *it); KF_ITER_NEXT | KF_RET_NULL
	{"bpf_iter_css_task_next", Signature{Return: trustedOrNull, Iterator: Iterator{IteratorNext, 1}}},
	// void bpf_iter_num_destroy(struct bpf_iter_num *it); KF_ITER_DESTROY
	{"bpf_iter_num_destroy", Signature{Return: void, Iterator: Iterator{IteratorDestroy, 1}}},
	// int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end); KF_ITER_NEW
	{"bpf_iter_num_new", Signature{Iterator: Iterator{IteratorNew, 1}}},
	// int *bpf_iter_num_next(struct bpf_iter_num *it); KF_ITER_NEXT | KF_RET_NULL
	{"bpf_iter_num_next", Signature{Return: iteratorValue, Iterator: Iterator{IteratorNext, 1}}},
	// void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it); KF_ITER_DESTROY
	{"bpf_iter_scx_dsq_destroy", Signature{Return: void, Iterator: Iterator{IteratorDestroy, 6}}},
	// int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags); KF_ITER_NEW | KF_RCU_PROTECTED
	{"bpf_iter_scx_dsq_new", Signature{Iterator: Iterator{IteratorNew, 6}}},
	// struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it); KF_ITER_NEXT | KF_RET_NULL
	{"bpf_iter_scx_dsq_next", Signature{Return: objectOrNull, Iterator: Iterator{IteratorNext, 6}}},
	// void bpf_iter_task_destroy(struct bpf_iter_task *it); KF_ITER_DESTROY
	{"bpf_iter_task_destroy", Signature{Return: void, Iterator: Iterator{IteratorDestroy, 3}}},
	// int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable, unsigned int flags);
	// KF_ITER_NEW | KF_RCU_PROTECTED | KF_TRUSTED_ARGS
	{"bpf_iter_task_new", Signature{Iterator: Iterator{IteratorNew, 3}}},
	// struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it); KF_ITER_NEXT | KF_RET_NULL
	{"bpf_iter_task_next", Signature{Return: objectOrNull, Iterator: Iterator{IteratorNext, 3}}},
	// void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma *it); KF_ITER_DESTROY
	{"bpf_iter_task_vma_destroy", Signature{Return: void, Iterator: Iterator{IteratorDestroy, 1}}},
	// int bpf_iter_task_vma_new(struct bpf_iter_task_vma *it, struct task_struct *task, u64 addr); KF_ITER_NEW | KF_RCU
	{"bpf_iter_task_vma_new", Signature{Iterator: Iterator{IteratorNew, 1}}},
	// struct vm_area_struct *bpf_iter_task_vma_next(struct bpf_iter_task_vma *it); KF_ITER_NEXT | KF_RET_NULL
	{"bpf_iter_task_vma_next", Signature{Return: trustedOrNull, Iterator: Iterator{IteratorNext, 1}}},
	// void bpf_key_put(struct bpf_key *bkey); KF_RELEASE
	{"bpf_key_put", Signature{Args: [5]Arg{released}, Return: void}},
	// void bpf_kfunc_call_memb_release(struct prog_test_member *p); KF_RELEASE
	{"bpf_kfunc_call_memb_release", Signature{Args: [5]Arg{released}, Return: void}},
	// void bpf_kfunc_call_test_release(struct prog_test_ref_kfunc *p); KF_RELEASE
	{"bpf_kfunc_call_test_release", Signature{Args: [5]Arg{released}, Return: void}},
	// struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head); KF_ACQUIRE | KF_RET_NULL
	{"bpf_list_pop_back", Signature{Return: acquiredOwn}},
	// struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head); KF_ACQUIRE | KF_RET_NULL
	{"bpf_list_pop_front", Signature{Return: acquiredOwn}},
	// int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off)
	{"bpf_list_push_back_impl", Signature{Args: [5]Arg{1: lent}}},
	// int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off)
	{"bpf_list_push_front_impl", Signature{Args: [5]Arg{1: lent}}},
	// struct bpf_key *bpf_lookup_system_key(u64 id); KF_ACQUIRE | KF_RET_NULL
	{"bpf_lookup_system_key", Signature{Return: acquired}},
	// struct bpf_key *bpf_lookup_user_key(u32 serial, u64 flags); KF_ACQUIRE | KF_RET_NULL | KF_SLEEPABLE
	{"bpf_lookup_user_key", Signature{Return: acquired}},
	// s64 bpf_map_sum_elem_count(const struct bpf_map *map); KF_TRUSTED_ARGS
	{"bpf_map_sum_elem_count", Signature{}},
	// int bpf_modify_return_test(int a, int *b)
	{"bpf_modify_return_test", Signature{Args: [5]Arg{1: {ArgFixed, 4}}}},
	// int bpf_modify_return_test2(int a, int *b, short c, int d, void *e, char f, int g)
	{"bpf_modify_return_test2", Signature{Args: [5]Arg{1: {ArgFixed, 4}}}},
	// int bpf_modify_return_test_tp(int nonce)
	{"bpf_modify_return_test_tp", Signature{}},
	// void bpf_obj_drop_impl(void *p__alloc, void *meta__ign); KF_RELEASE
	{"bpf_obj_drop_impl", Signature{Args: [5]Arg{released}, Return: void}},
	// void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign); KF_ACQUIRE | KF_RET_NULL
	{"bpf_obj_new_impl", Signature{Return: acquiredOwn}},
	// int bpf_path_d_path(struct path *path, char *buf, size_t buf__sz); KF_TRUSTED_ARGS
	{"bpf_path_d_path", Signature{Args: [5]Arg{1: memory}}},
	// void bpf_percpu_obj_drop_impl(void *p__alloc, void *meta__ign); KF_RELEASE
	{"bpf_percpu_obj_drop_impl", Signature{Args: [5]Arg{released}, Return: void}},
	// void *bpf_percpu_obj_new_impl(u64 local_type_id__k, void *meta__ign); KF_ACQUIRE | KF_RET_NULL
	{"bpf_percpu_obj_new_impl", Signature{Return: acquiredOwn}},
	// void bpf_preempt_disable(void)
	{"bpf_preempt_disable", Signature{Return: void}},
	// void bpf_preempt_enable(void)
	{"bpf_preempt_enable", Signature{Return: void}},
	// void bpf_put_file(struct file *file); KF_RELEASE
	{"bpf_put_file", Signature{Args: [5]Arg{released}, Return: void}},
	// int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node, bool (*less)(struct bpf_rb_node *,
	// const struct bpf_rb_node *), void *meta__ign, u64 off)
	{"bpf_rbtree_add_impl", Signature{Args: [5]Arg{1: lent}, Callback: lessCallback}},
	// struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root); KF_RET_NULL
	{"bpf_rbtree_first", Signature{Return: Return{Kind: ReturnObject, Own: true}}},
	// struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node);
	// KF_ACQUIRE | KF_RET_NULL
	{"bpf_rbtree_remove", Signature{Return: acquiredOwn}},
	// void bpf_rcu_read_lock(void)
	{"bpf_rcu_read_lock", Signature{Return: void}},
	// void bpf_rcu_read_unlock(void)
	{"bpf_rcu_read_unlock", Signature{Return: void}},
	// void *bpf_rdonly_cast(const void *obj__ign, u32 btf_id__k)
	{"bpf_rdonly_cast", Signature{Return: Return{Kind: ReturnObject}}},
	// void *bpf_refcount_acquire_impl(void *p__refcounted_kptr, void *meta__ign); KF_ACQUIRE | KF_RCU | KF_RET_NULL
	{"bpf_refcount_acquire_impl", Signature{Return: acquiredOwn}},
	// __u64 *bpf_session_cookie(void)
	{"bpf_session_cookie", Signature{Return: Return{Kind: ReturnMem, NotNull: true}}},
	// bool bpf_session_is_return(void)
	{"bpf_session_is_return", Signature{}},
	// int bpf_sk_assign_tcp_reqsk(struct __sk_buff *s, struct sock *sk, struct bpf_tcp_req_attrs *attrs,
	// int attrs__sz); KF_TRUSTED_ARGS
	{"bpf_sk_assign_tcp_reqsk", Signature{Args: [5]Arg{2: memory}}},
	// struct nf_conn___init *bpf_skb_ct_alloc(struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple,
	// u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz); KF_ACQUIRE | KF_RET_NULL
	{"bpf_skb_ct_alloc", Signature{Args: [5]Arg{1: memory, 3: memory}, Return: acquired}},
	// struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz,
	// struct bpf_ct_opts *opts, u32 opts__sz); KF_ACQUIRE | KF_RET_NULL
	{"bpf_skb_ct_lookup", Signature{Args: [5]Arg{1: memory, 3: memory}, Return: acquired}},
	// int bpf_skb_get_fou_encap(struct __sk_buff *skb_ctx, struct bpf_fou_encap *encap)
	{"bpf_skb_get_fou_encap", Signature{Args: [5]Arg{1: {ArgFixed, 4}}}},
	// int bpf_skb_get_xfrm_info(struct __sk_buff *skb_ctx, struct bpf_xfrm_info *to)
	{"bpf_skb_get_xfrm_info", Signature{Args: [5]Arg{1: {ArgFixed, 8}}}},
	// int bpf_skb_set_fou_encap(struct __sk_buff *skb_ctx, struct bpf_fou_encap *encap, int type)
	{"bpf_skb_set_fou_encap", Signature{Args: [5]Arg{1: {ArgFixed, 4}}}},
	// int bpf_skb_set_xfrm_info(struct __sk_buff *skb_ctx, const struct bpf_xfrm_info *from)
	{"bpf_skb_set_xfrm_info", Signature{Args: [5]Arg{1: {ArgFixed, 8}}}},
	// int bpf_sock_addr_set_sun_path(struct bpf_sock_addr_kern *sa_kern, const u8 *sun_path, u32 sun_path__sz)
	{"bpf_sock_addr_set_sun_path", Signature{Args: [5]Arg{1: memory}}},
	// int bpf_sock_destroy(struct sock_common *sock); KF_TRUSTED_ARGS
	{"bpf_sock_destroy", Signature{}},
	// struct task_struct *bpf_task_acquire(struct task_struct *p); KF_ACQUIRE | KF_RCU | KF_RET_NULL
	{"bpf_task_acquire", Signature{Return: acquired}},
	// struct task_struct *bpf_task_from_pid(s32 pid); KF_ACQUIRE | KF_RET_NULL
	{"bpf_task_from_pid", Signature{Return: acquired}},
	// struct cgroup *bpf_task_get_cgroup1(struct task_struct *task, int hierarchy_id);
	// KF_ACQUIRE | KF_RCU | KF_RET_NULL
	{"bpf_task_get_cgroup1", Signature{Return: acquired}},
	// void bpf_task_release(struct task_struct *p); KF_RELEASE
	{"bpf_task_release", Signature{Args: [5]Arg{released}, Return: void}},
	// long bpf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor); KF_RCU
	{"bpf_task_under_cgroup", Signature{}},
	// void bpf_throw(u64 cookie)
	{"bpf_throw", Signature{Return: void, NoReturn: true}},
	// int bpf_verify_pkcs7_signature(struct bpf_dynptr *data_p, struct bpf_dynptr *sig_p,
	// struct bpf_key *trusted_keyring); KF_SLEEPABLE
	{"bpf_verify_pkcs7_signature", Signature{Args: [5]Arg{dynptr, dynptr}}},
	// int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags)
	{"bpf_wq_init", Signature{}},
	// int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback_fn)(void *, int *, void *), unsigned int flags,
	// void *aux__ign)
	{"bpf_wq_set_callback_impl", Signature{Callback: timerCallback}},
	// int bpf_wq_start(struct bpf_wq *wq, unsigned int flags)
	{"bpf_wq_start", Signature{}},
	// struct nf_conn___init *bpf_xdp_ct_alloc(struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple,
	// u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz); KF_ACQUIRE | KF_RET_NULL
	{"bpf_xdp_ct_alloc", Signature{Args: [5]Arg{1: memory, 3: memory}, Return: acquired}},
	// struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz,
	// struct bpf_ct_opts *opts, u32 opts__sz); KF_ACQUIRE | KF_RET_NULL
	{"bpf_xdp_ct_lookup", Signature{Args: [5]Arg{1: memory, 3: memory}, Return: acquired}},
	// struct flow_offload_tuple_rhash *bpf_xdp_flow_lookup(struct xdp_md *ctx, struct bpf_fib_lookup *fib_tuple,
	// struct bpf_flowtable_opts *opts, u32 opts_len); KF_RET_NULL | KF_TRUSTED_ARGS
	{"bpf_xdp_flow_lookup", Signature{Args: [5]Arg{1: {ArgFixed, 64}, {ArgFixed, 4}}, Return: objectOrNull}},
	// struct xfrm_state *bpf_xdp_get_xfrm_state(struct xdp_md *ctx, struct bpf_xfrm_state_opts *opts, u32 opts__sz);
	// KF_ACQUIRE | KF_RET_NULL
	{"bpf_xdp_get_xfrm_state", Signature{Args: [5]Arg{1: memory}, Return: acquired}},
	// int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, u32 *hash, enum xdp_rss_hash_type *rss_type)
	{"bpf_xdp_metadata_rx_hash", Signature{Args: [5]Arg{1: {ArgFixed, 4}, {ArgFixed, 4}}}},
	// int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, u64 *timestamp)
	{"bpf_xdp_metadata_rx_timestamp", Signature{Args: [5]Arg{1: {ArgFixed, 8}}}},
	// int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __be16 *vlan_proto, u16 *vlan_tci)
	{"bpf_xdp_metadata_rx_vlan_tag", Signature{Args: [5]Arg{1: {ArgFixed, 2}, {ArgFixed, 2}}}},
	// void bpf_xdp_xfrm_state_release(struct xfrm_state *x); KF_RELEASE
	{"bpf_xdp_xfrm_state_release", Signature{Args: [5]Arg{released}, Return: void}},
	// void cgroup_rstat_flush(struct cgroup *cgrp); KF_SLEEPABLE
	{"cgroup_rstat_flush", Signature{Return: void}},
	// void cgroup_rstat_updated(struct cgroup *cgrp, int cpu)
	{"cgroup_rstat_updated", Signature{Return: void}},
	// void crash_kexec(struct pt_regs *regs); KF_DESTRUCTIVE
	{"crash_kexec", Signature{Args: [5]Arg{{ArgFixed, 168}}, Return: void}},
	// void cubictcp_acked(struct sock *sk, const struct ack_sample *sample)
	{"cubictcp_acked", Signature{Args: [5]Arg{1: {ArgFixed, 12}}, Return: void}},
	// void cubictcp_cong_avoid(struct sock *sk, u32 ack, u32 acked)
	{"cubictcp_cong_avoid", Signature{Return: void}},
	// void cubictcp_cwnd_event(struct sock *sk, enum tcp_ca_event event)
	{"cubictcp_cwnd_event", Signature{Return: void}},
	// void cubictcp_init(struct sock *sk)
	{"cubictcp_init", Signature{Return: void}},
	// u32 cubictcp_recalc_ssthresh(struct sock *sk)
	{"cubictcp_recalc_ssthresh", Signature{}},
	// void cubictcp_state(struct sock *sk, u8 new_state)
	{"cubictcp_state", Signature{Return: void}},
	// void dctcp_cwnd_event(struct sock *sk, enum tcp_ca_event ev)
	{"dctcp_cwnd_event", Signature{Return: void}},
	// u32 dctcp_cwnd_undo(struct sock *sk)
	{"dctcp_cwnd_undo", Signature{}},
	// void dctcp_init(struct sock *sk)
	{"dctcp_init", Signature{Return: void}},
	// u32 dctcp_ssthresh(struct sock *sk)
	{"dctcp_ssthresh", Signature{}},
	// void dctcp_state(struct sock *sk, u8 new_state)
	{"dctcp_state", Signature{Return: void}},
	// void dctcp_update_alpha(struct sock *sk, u32 flags)
	{"dctcp_update_alpha", Signature{Return: void}},
	// struct hid_bpf_ctx *hid_bpf_allocate_context(unsigned int hid_id); KF_ACQUIRE | KF_RET_NULL | KF_SLEEPABLE
	{"hid_bpf_allocate_context", Signature{Return: acquired}},
	// __u8 *hid_bpf_get_data(struct hid_bpf_ctx *ctx, unsigned int offset, const size_t rdwr_buf_size); KF_RET_NULL
	{"hid_bpf_get_data", Signature{Return: Return{Kind: ReturnMem, MaybeNull: true, NotNull: true, Shares: 1}}},
	// int hid_bpf_hw_output_report(struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz); KF_SLEEPABLE
	{"hid_bpf_hw_output_report", Signature{Args: [5]Arg{1: memory}}},
	// int hid_bpf_hw_request(struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz, enum hid_report_type rtype,
	// enum hid_class_request reqtype); KF_SLEEPABLE
	{"hid_bpf_hw_request", Signature{Args: [5]Arg{1: memory}}},
	// int hid_bpf_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const size_t buf__sz);
	// KF_SLEEPABLE
	{"hid_bpf_input_report", Signature{Args: [5]Arg{2: memory}}},
	// void hid_bpf_release_context(struct hid_bpf_ctx *ctx); KF_RELEASE | KF_SLEEPABLE
	{"hid_bpf_release_context", Signature{Args: [5]Arg{released}, Return: void}},
	// int hid_bpf_try_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const size_t buf__sz)
	{"hid_bpf_try_input_report", Signature{Args: [5]Arg{2: memory}}},
	// bool scx_bpf_consume(u64 dsq_id)
	{"scx_bpf_consume", Signature{}},
	// struct rq *scx_bpf_cpu_rq(s32 cpu)
	{"scx_bpf_cpu_rq", Signature{Return: Return{Kind: ReturnObject}}},
	// u32 scx_bpf_cpuperf_cap(s32 cpu)
	{"scx_bpf_cpuperf_cap", Signature{}},
	// u32 scx_bpf_cpuperf_cur(s32 cpu)
	{"scx_bpf_cpuperf_cur", Signature{}},
	// void scx_bpf_cpuperf_set(s32 cpu, u32 perf)
	{"scx_bpf_cpuperf_set", Signature{Return: void}},
	// s32 scx_bpf_create_dsq(u64 dsq_id, s32 node); KF_SLEEPABLE
	{"scx_bpf_create_dsq", Signature{}},
	// void scx_bpf_destroy_dsq(u64 dsq_id)
	{"scx_bpf_destroy_dsq", Signature{Return: void}},
	// void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags); KF_RCU
	{"scx_bpf_dispatch", Signature{Return: void}},
	// void scx_bpf_dispatch_cancel(void)
	{"scx_bpf_dispatch_cancel", Signature{Return: void}},
	// bool scx_bpf_dispatch_from_dsq(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p, u64 dsq_id,
	// u64 enq_flags); KF_RCU
	{"scx_bpf_dispatch_from_dsq", Signature{}},
	// void scx_bpf_dispatch_from_dsq_set_slice(struct bpf_iter_scx_dsq *it__iter, u64 slice); KF_RCU
	{"scx_bpf_dispatch_from_dsq_set_slice", Signature{Return: void}},
	// void scx_bpf_dispatch_from_dsq_set_vtime(struct bpf_iter_scx_dsq *it__iter, u64 vtime); KF_RCU
	{"scx_bpf_dispatch_from_dsq_set_vtime", Signature{Return: void}},
	// u32 scx_bpf_dispatch_nr_slots(void)
	{"scx_bpf_dispatch_nr_slots", Signature{}},
	// void scx_bpf_dispatch_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags); KF_RCU
	{"scx_bpf_dispatch_vtime", Signature{Return: void}},
	// bool scx_bpf_dispatch_vtime_from_dsq(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p, u64 dsq_id,
	// u64 enq_flags); KF_RCU
	{"scx_bpf_dispatch_vtime_from_dsq", Signature{}},
	// s32 scx_bpf_dsq_nr_queued(u64 dsq_id)
	{"scx_bpf_dsq_nr_queued", Signature{}},
	// void scx_bpf_dump_bstr(char *fmt, unsigned long long *data, u32 data__sz); KF_TRUSTED_ARGS
	{"scx_bpf_dump_bstr", Signature{Args: [5]Arg{{ArgFixed, 1}, memory}, Return: void}},
	// void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz); KF_TRUSTED_ARGS
	{"scx_bpf_error_bstr", Signature{Args: [5]Arg{{ArgFixed, 1}, memory}, Return: void}},
	// void scx_bpf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data, u32 data__sz); KF_TRUSTED_ARGS
	{"scx_bpf_exit_bstr", Signature{Args: [5]Arg{1: {ArgFixed, 1}, memory}, Return: void}},
	// const struct cpumask *scx_bpf_get_idle_cpumask(void); KF_ACQUIRE
	{"scx_bpf_get_idle_cpumask", Signature{Return: acquiredNow}},
	// const struct cpumask *scx_bpf_get_idle_smtmask(void); KF_ACQUIRE
	{"scx_bpf_get_idle_smtmask", Signature{Return: acquiredNow}},
	// const struct cpumask *scx_bpf_get_online_cpumask(void); KF_ACQUIRE
	{"scx_bpf_get_online_cpumask", Signature{Return: acquiredNow}},
	// const struct cpumask *scx_bpf_get_possible_cpumask(void); KF_ACQUIRE
	{"scx_bpf_get_possible_cpumask", Signature{Return: acquiredNow}},
	// void scx_bpf_kick_cpu(s32 cpu, u64 flags)
	{"scx_bpf_kick_cpu", Signature{Return: void}},
	// u32 scx_bpf_nr_cpu_ids(void)
	{"scx_bpf_nr_cpu_ids", Signature{}},
	// s32 scx_bpf_pick_any_cpu(const struct cpumask *cpus_allowed, u64 flags); KF_RCU
	{"scx_bpf_pick_any_cpu", Signature{Args: [5]Arg{cpumask}}},
	// s32 scx_bpf_pick_idle_cpu(const struct cpumask *cpus_allowed, u64 flags); KF_RCU
	{"scx_bpf_pick_idle_cpu", Signature{Args: [5]Arg{cpumask}}},
	// void scx_bpf_put_cpumask(const struct cpumask *cpumask); KF_RELEASE
	{"scx_bpf_put_cpumask", Signature{Args: [5]Arg{released}, Return: void}},
	// void scx_bpf_put_idle_cpumask(const struct cpumask *idle_mask); KF_RELEASE
	{"scx_bpf_put_idle_cpumask", Signature{Args: [5]Arg{released}, Return: void}},
	// u32 scx_bpf_reenqueue_local(void)
	{"scx_bpf_reenqueue_local", Signature{}},
	// s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle); KF_RCU
	{"scx_bpf_select_cpu_dfl", Signature{Args: [5]Arg{3: {ArgFixed, 1}}}},
	// struct cgroup *scx_bpf_task_cgroup(struct task_struct *p); KF_ACQUIRE | KF_RCU
	{"scx_bpf_task_cgroup", Signature{Return: acquiredNow}},
	// s32 scx_bpf_task_cpu(const struct task_struct *p); KF_RCU
	{"scx_bpf_task_cpu", Signature{}},
	// bool scx_bpf_task_running(const struct task_struct *p); KF_RCU
	{"scx_bpf_task_running", Signature{}},
	// bool scx_bpf_test_and_clear_cpu_idle(s32 cpu)
	{"scx_bpf_test_and_clear_cpu_idle", Signature{}},
	// void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked)
	{"tcp_cong_avoid_ai", Signature{Return: void}},
	// void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked)
	{"tcp_reno_cong_avoid", Signature{Return: void}},
	// u32 tcp_reno_ssthresh(struct sock *sk)
	{"tcp_reno_ssthresh", Signature{}},
	// u32 tcp_reno_undo_cwnd(struct sock *sk)
	{"tcp_reno_undo_cwnd", Signature{}},
	// u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)
	{"tcp_slow_start", Signature{}},
}
