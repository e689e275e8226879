/** What Vite makes of files, for those that are no modules. */
interface ImportMeta {
  glob(
    pattern: string,
    options: { readonly query: '?raw'; readonly import: 'default'; readonly eager: true }
  ): Readonly<Record<string, string>>
}
