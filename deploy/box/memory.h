/* memory: where the guest's memory lies. A constant below 2 GiB: "base + index" is then one addressing mode of x86-64,
 * without a register for the base. 8 GiB and a page are reserved from here: an index is 32 bits, an offset 32 more, so
 * no address that translated code can make leaves the reservation. */
#ifndef BOX_MEMORY_H
#define BOX_MEMORY_H

#define BOX_MEMORY_ADDRESS 0x10000000UL
#define BOX_MEMORY ((unsigned char *)BOX_MEMORY_ADDRESS)

#endif
