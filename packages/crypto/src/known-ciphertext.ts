/**
 * The ciphertext of ML-KEM-768 whose hash is in self-test.ts, in base64: so that a native
 * implementation is tested without the portable one, which takes long to begin.
 */
export const KNOWN_CIPHERTEXT: string = [
  'VHHGByNdNQ4eVMslLBtFuyQ8LU/p1iB8XEvS0QfkJAu754QVrnt3ERdDl4TU6KNNXbru6IQwNhOrVbXoWM1ZkV/gy/Aw',
  'AHaglHAz4aatpSlsfGmjKQZMDeO3D9UnHhAZmqXNBptHb5kRZ/64Md8jtHNBSLy7SxVWpAzkASKsv7yQIgMYm8KFJgpb',
  'cOdkRq3v8EVhKB90fjVJQ2a/SXXbAL4WiJQyfzoR8v8MtMeZFAWZHpsPQ9+ZkC4aVDA6SeH7tjXxdldUgRkyXFTrwkys',
  'WdMLCGm2zyYPH+2yyONWdTsJ0ItG3gv7A+7PNF87d1xtAqTEQmiGIy1DSVev2ggjO7/fi+vATa+yvW9thah28UZnBBVU',
  '7SZEqPpTHoO6IAFyFcK3ISzc9EfanZKGXtCumxVnSHeon1vDWW74E9RISlDqPIQOmlYFqRWbLlTBRghDNgSploktViOX',
  '4ojm+8UORrWivBlRzR1eghj50sN4+J3Ycb/h9PNSVFE7aD1Som4CoksMuBLQMQG56EL8qgRoCOY3t6rri3DJEMrgchyS',
  'jXZEWlhXojnQXf5Fc1xtlZrJrYaj5k0Cm3Wqfjvtos5bTfrQ9/779342EdCqbn4nJc8Vko+oqAPfKqmfnh6V5/qfV583',
  'weHra62z0REtTlhTeJlE3PXS/MEQAT2JkvTUVUYDJ/WOKCkkZ9vpGzENl+P8M5Ct8N1pAgzBBdS8juztc6bSaTKoOJKo',
  'kOpr0BqJovtaTRXFDIoq0G134NrEYTJQMDvrnaajR9GBYC6VnBc6U+drQ14LO8Bj5pYDmLJA82yBbD/Nyud+/hS/lfyr',
  'NmJ5xXiPsJQ26jWAto1oMMPdse+DS7h5F3hgHaxxSxzOLmFy9/GCXNO19wyndN5tUgf5aX0GsI9Cgb03j4KpLG54hKy2',
  'a2vyL8UC98RU7tjBIkV8dSzfF0XEJdnE6m9Ag+Jt9cSE3BNcP7pdhewzHapY43EPqpfOlI8+lvRIbjkB5atRUpWfC8XK',
  'jBns8HBQBjQ9YykKEEeJgwDnJd9sg66FJ7q8ga0vEoWtgzNjROuz7e+ISYWggw0rcmH+faL2Mnb6Nw1XFSifc+7AtbR0',
  'KlBGn3lrSJdrHsTGZUWaFzSfEiOBrbu0hLcCKVT+gGUjfSb+gl3+OMKQqGM7wU4L2x0kaX3UQQEv+XD64CX193XpnH26',
  'MbpTZGIdbIahVjVv9QxPjEJD1SIaLmrvZlDXg+ekQCD5gY/GnsJ/DD2yD4xiwFaW2Gkmb1CGk7fqz8hFlIuX+pdFWlBD',
  'BDYHBbCC4gV5ZntXP9Aqv1TwQ9BVZX5bqAWAG9ybOzndfzomHhYtbOz4KG9m7EDV4NTUxGKjo9GDlJyBYHnfJbziEQLc',
  'NoJElW8K0iK21754PI7+poDc7r2yx1Pbc6qL4sigdARvRf2kK24PEqx7MrakzIZZUNXElBQ='
].join('')
