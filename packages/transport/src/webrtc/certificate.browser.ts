import type { webRtcDirectCertificate as inNode } from './certificate.ts'

/** Stands in for `certificate.ts` in browsers, which listen nowhere: they need none. */
export const webRtcDirectCertificate: (
  ...parameters: Parameters<typeof inNode>
) => ReturnType<typeof inNode> | undefined = () => undefined
