/** At least one name of every value stage, and every parameter that decoders see. */
export const VALUE_NAMES = [
  'float32',
  'float16',
  'bfloat16',
  'int8',
  'int8:stochastic',
  'int4',
  'sign',
  'sparse',
  'topk:0.01',
  'topk:0.6',
  'randomk:0.05',
  'randomk:1',
  'threshold:0.1'
] as const

/** At least one name of every entropy stage. */
export const ENTROPY_NAMES = ['zstd:1', 'zstd:3', 'lz4', 'snappy', 'auto:1M', 'auto'] as const

/** Every value stage alone and with every entropy stage behind it. */
export const CODEC_NAMES: readonly string[] = VALUE_NAMES.flatMap((value) => [
  value,
  ...ENTROPY_NAMES.map((entropy) => `${value}+${entropy}`)
])
