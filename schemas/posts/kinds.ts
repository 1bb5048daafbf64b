/** What posts are made of. Apart from the schema, which threads that search do not load. */
export const POST_KINDS = ['text', 'photo', 'video', 'link'] as const
export type PostKind = (typeof POST_KINDS)[number]
