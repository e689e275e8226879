/** What a parent writes to so that a peer whose thread is blocked goes on. */
export const RELEASE_FD = 4
