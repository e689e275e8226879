/** In a browser WebRTC is of the platform, and every page has it. */
export function claimWebRtc(): void {}
