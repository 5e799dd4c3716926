// SPDX-License-Identifier: Apache-2.0
//
// build: text_only.o -mcpu=v2 -g0
//
// An object that has code in .text alone, as a compiler makes of a source without
// SEC(): each function is judged as a program of unknown type.

int square(int x)
{
	return x * x;
}

int nine(void *ctx)
{
	return square(3);
}

