/*
 * The limit of the socket interface: takes packets in batches and sends back for each an "answer" out of as many as a zone has, without
 * looking for the right one. Arguments: port, octets of an answer, number of answers.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { batch = 64, query_room = 512, answer_room = 1232, header = 12, buffer = 4 << 20, response_bit = 0x80 };

static unsigned char queries[batch][query_room], answers[batch][answer_room];
static struct sockaddr_in names[batch];
static struct iovec query_vectors[batch], answer_vectors[batch];
static struct mmsghdr received[batch], sent[batch];

int main(int count, char **arguments) {
  if (count != 4) return 64;
  size_t size = strtoul(arguments[2], NULL, 10), numbers = strtoul(arguments[3], NULL, 10);
  if (size < header || size > answer_room || numbers == 0) return 64;
  unsigned char *zone = malloc(size * numbers);
  if (!zone) return 1;
  memset(zone, 0xa5, size * numbers);
  unsigned random = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int one = 1, room = buffer, fd = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("bind");
    return 1;
  }
  for (int n = 0; n < batch; n++) {
    query_vectors[n] = (struct iovec){queries[n], query_room};
    answer_vectors[n] = (struct iovec){answers[n], size};
    received[n].msg_hdr = (struct msghdr){.msg_name = &names[n], .msg_iov = &query_vectors[n], .msg_iovlen = 1};
    sent[n].msg_hdr = (struct msghdr){
        .msg_name = &names[n], .msg_namelen = sizeof names[n], .msg_iov = &answer_vectors[n], .msg_iovlen = 1};
  }
  for (;;) {
    for (int n = 0; n < batch; n++) received[n].msg_hdr.msg_namelen = sizeof names[n];
    int taken = recvmmsg(fd, received, batch, MSG_WAITFORONE, NULL);
    for (int n = 0; n < taken; n++) {
      random = random * 1103515245 + 12345;
      memcpy(answers[n], zone + size * ((random >> 8) % numbers), size);
      size_t length = received[n].msg_len < size ? received[n].msg_len : size;
      memcpy(answers[n], queries[n], length);
      answers[n][2] |= response_bit;
    }
    if (taken > 0) sendmmsg(fd, sent, taken, 0);
  }
}
