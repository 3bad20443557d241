/** What the first octet after the header asks of the thread. */
export const ask = { echo: 0, silence: 1, length: 2, fill: 3, die: 4, address: 5, told: 6 };
