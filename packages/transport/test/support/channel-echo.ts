import type { Channel, Connector } from '@daa-compute/interface'
import { CHANNEL_ECHO } from './echo.ts'

/** Sends the frames of every channel of {@link CHANNEL_ECHO} back. */
export async function serveChannelEcho(connector: Pick<Connector, 'accept'>): Promise<void> {
  await connector.accept(CHANNEL_ECHO, (channel) => {
    // a page that is closed takes its channels along
    echo(channel).catch(() => {})
  })
}

async function echo(channel: Channel): Promise<void> {
  for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
    await channel.send(frame)
  }
  await channel.close()
}
