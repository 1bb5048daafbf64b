import type { ViewerSide } from './tower-inputs.ts'

/** What the searching thread is started with. */
export interface SearchThreadData {
  readonly towers: Float32Array
}

/** What it is asked; each is answered, in order. See `PostSearch`. */
export type SearchTask =
  | { readonly kind: 'put'; readonly slots: Uint32Array; readonly items: Int8Array }
  | { readonly kind: 'remove'; readonly slots: Uint32Array }
  | { readonly kind: 'search'; readonly viewer: ViewerSide; readonly count: number }
  | { readonly kind: 'swap'; readonly towers: Float32Array }
  | { readonly kind: 'settle' }
