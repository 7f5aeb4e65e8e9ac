/* Clients of a token route: each asks for its next token once it has the last.
 *
 *   load PORT PATH CONNECTIONS WARM_UP_SECONDS SECONDS
 *
 * Prints "begin" after the warm-up, "end" when the measured time is over, then one JSON object; hangs
 * up once its standard input ends, so that the server's memory can be read before. Each token is
 * compared with all that came before it, the warm-up's too: upstream.c numbers them.
 *
 * wrk takes 10 us of CPU a request with such a check (in Lua), this 5; and wrk can not tell the warm-up
 * from what is measured. Linux; one thread.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  TOKEN_CHARACTERS = 2400,
  NUMBER_DIGITS = 12,
  MAX_TOKENS = 1 << 24,
  MAX_LATENCIES = 1 << 22,
  MAX_ANSWER_BYTES = 8192,
  MAX_LOST = 10000, /* A server that closes on every request must not turn this into a storm. */
  DRAIN_SECONDS = 5,
};

struct client {
  int connection;
  double asked_at; /* 0 while no answer is due. */
  size_t length;
  char answer[MAX_ANSWER_BYTES + 1];
};

static struct sockaddr_in server = {.sin_family = AF_INET};
static int poll_descriptor;
static char request[512];
static int request_length;
static double begin, end;
static unsigned waiting;

static unsigned long tokens, duplicates, malformed, lost, unanswered, statuses[600];
static unsigned char seen[MAX_TOKENS / 8];
static float latencies_ms[MAX_LATENCIES];
static unsigned latency_count;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

/* Note that a request is over; what was answered or lost during the warm-up has no latency. */
static void finish(struct client *client, double at) {
  if (at >= begin && latency_count < MAX_LATENCIES)
    latencies_ms[latency_count++] = (at - client->asked_at) * 1000;
  client->asked_at = 0;
  client->length = 0;
  waiting--;
}

static void ask(struct client *client) {
  client->asked_at = now();
  if (client->asked_at >= end) {
    client->asked_at = 0;
    return;
  }
  waiting++;
  send(client->connection, request, request_length, MSG_NOSIGNAL);
}

static void connect_and_ask(struct client *client) {
  int on = 1;
  client->connection = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client->connection, (struct sockaddr *)&server, sizeof server)) {
    perror("load: connect");
    exit(1);
  }
  setsockopt(client->connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event told = {.events = EPOLLIN, .data.ptr = client};
  epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, client->connection, &told);
  ask(client);
}

/* Count the token in the body of an answer with status 200. */
static void count_token(const char *body, double at) {
  static const char before[] = "\"token\":\"";
  const char *token = strstr(body, before);
  if (token) token += sizeof before - 1;
  if (!token || strspn(token, "0123456789") != NUMBER_DIGITS ||
      strcspn(token, "\"") != TOKEN_CHARACTERS) {
    malformed++;
    return;
  }
  unsigned long number = strtoul(token, NULL, 10);
  if (number >= MAX_TOKENS) {
    malformed++;
  } else if (seen[number / 8] & 1 << number % 8) {
    duplicates++;
  } else {
    seen[number / 8] |= 1 << number % 8;
    if (at >= begin && at < end) tokens++;
  }
}

/* Read on; count a complete answer, and send the next request. */
static void read_answer(struct client *client) {
  ssize_t more = recv(client->connection, client->answer + client->length,
                      MAX_ANSWER_BYTES - client->length, 0);
  if (more <= 0) {
    close(client->connection);
    lost++;
    if (client->asked_at) finish(client, now());
    if (lost < MAX_LOST && now() < end) connect_and_ask(client);
    return;
  }
  client->length += more;
  client->answer[client->length] = 0;
  char *body = strstr(client->answer, "\r\n\r\n");
  if (!body) return;
  const char *field = strcasestr(client->answer, "\r\ncontent-length:");
  size_t length = field && field < body ? strtoul(field + 17, NULL, 10) : 0;
  body += 4;
  if (client->answer + client->length < body + length && client->length < MAX_ANSWER_BYTES) return;
  int status = atoi(client->answer + 9);
  double at = now();
  if (status == 200)
    count_token(body, at);
  else
    statuses[status > 0 && status < 600 ? status : 0]++;
  if (client->asked_at) finish(client, at);
  ask(client);
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static float percentile(unsigned per_cent) {
  return latency_count ? latencies_ms[(latency_count - 1) * (size_t)per_cent / 100] : 0;
}

static void report(double seconds) {
  qsort(latencies_ms, latency_count, sizeof *latencies_ms, ascending);
  printf("{\"seconds\": %f, \"tokens\": %lu, \"duplicates\": %lu", seconds, tokens, duplicates);
  printf(", \"p50_ms\": %f, \"p99_ms\": %f", percentile(50), percentile(99));
  printf(", \"slowest_ms\": %f, \"errors\": {\"never answered\": %lu", percentile(100), unanswered);
  printf(", \"connection lost\": %lu, \"not a token\": %lu", lost, malformed);
  for (int status = 0; status < 600; status++)
    if (statuses[status]) printf(", \"%d\": %lu", status, statuses[status]);
  printf("}}\n");
  fflush(stdout);
}

/* Let the clients run until a point in time, or until nobody waits for an answer any more. */
static void run_until(double time, bool stops_when_idle) {
  struct epoll_event events[256];
  for (double left; (left = time - now()) > 0 && !(stops_when_idle && waiting == 0);) {
    int ready = epoll_wait(poll_descriptor, events, 256, left * 1000 + 1);
    for (int i = 0; i < ready; i++) read_answer(events[i].data.ptr);
  }
}

static void say(const char *word) {
  puts(word);
  fflush(stdout);
}

int main(int count, char **words) {
  if (count != 6)
    return fprintf(stderr, "usage: load PORT PATH CONNECTIONS WARM_UP_SECONDS SECONDS\n"), 2;
  server.sin_port = htons(atoi(words[1]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  /* As a browser asks for a token from a page of the same origin. */
  request_length = snprintf(request, sizeof request,
                            "GET %s HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n"
                            "sec-fetch-site: same-origin\r\n\r\n",
                            words[2]);
  int connections = atoi(words[3]);
  struct client *clients = calloc(connections, sizeof *clients);
  poll_descriptor = epoll_create1(0);

  begin = now() + atof(words[4]);
  end = begin + atof(words[5]);
  for (int i = 0; i < connections; i++) connect_and_ask(&clients[i]);
  run_until(begin, false);
  say("begin");
  double begun = now();
  run_until(end, false);
  double seconds = now() - begun;
  say("end");
  run_until(end + DRAIN_SECONDS, true);
  for (int i = 0; i < connections; i++) {
    if (!clients[i].asked_at) continue;
    unanswered++;
    finish(&clients[i], now()); /* With its age: less than it would have taken. */
  }
  report(seconds);
  while (getchar() != EOF) continue;
  return 0;
}
