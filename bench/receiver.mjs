// Takes webhooks and answers 204, doing nothing else. PORT says where; GET answers with how many came.
import { createServer } from 'node:http';

let count = 0;
createServer((request, response) => {
  if (request.method === 'GET') return response.end(String(count));
  request.resume();
  request.on('end', () => {
    count += 1;
    response.writeHead(204).end();
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
