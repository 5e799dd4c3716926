package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// network are program types that are about packets, sockets, and what a cgroup may do with them.
var network = []Case{
	{
		Object: "ip_vrf.o", Program: "bind_to_vrf", Section: "cgroup/sock",
		Shows: "the six instructions that ip vrf exec loads",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context}},
		Reason: "it writes bound_dev_if of the socket that the hook is about, which the invocation owns",
	},
	{
		Object: "connect_elsewhere.o", Program: "connect_elsewhere", Section: "cgroup/connect4",
		Shows: "stores to a socket address",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context}},
		Reason: "the address is what the hook was handed",
	},
	{
		Object: "demo.o", Program: "drop_ipv6", Section: "xdp",
		Shows: "a filter that decides by the packet alone",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "reading the packet is reading the context: none",
	},
	{
		Object: "sock_ops_flags.o", Program: "ask_for_rtt", Section: "sockops",
		Shows: "state kept in the context object by a helper",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "bpf_sock_ops_cb_flags_set", Effects: effect.Context}},
		Reason: "the flags belong to the socket that the hook is about (settled case 7)",
	},
}
