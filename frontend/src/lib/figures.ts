/** How a result's probability is written: on the scale of the thresholds it is compared with. */
export const PROBABILITY_FIGURE = { minimumFractionDigits: 3, maximumFractionDigits: 3 } as const;
