"""OpenD's messages as the sandbox speaks them, in the notation of .proto files (sheet, 2 and 3)."""

from adapters.sandbox.opend_schema import schema

_TEXT = """
message TrdHeader { required int32 trdEnv = 1; required uint64 accID = 2; required int32 trdMarket = 3;
  optional int32 jpAccType = 4; }
message Conditions { repeated string codeList = 1; repeated uint64 idList = 2; optional string beginTime =
  3; optional string endTime = 4; repeated string orderIDExList = 5; optional int32 filterMarket = 6; }
message PacketID { required uint64 connID = 1; required uint32 serialNo = 2; }

message InitConnectC2S { required int32 clientVer = 1; required string clientID = 2; optional bool
  recvNotify = 3; optional int32 packetEncAlgo = 4; optional int32 pushProtoFmt = 5; optional string
  programmingLanguage = 6; optional int32 aiType = 7; }
message InitConnectS2C { required int32 serverVer = 1; required uint64 loginUserID = 2; required uint64
  connID = 3; required string connAESKey = 4; required int32 keepAliveInterval = 5; optional string
  aesCBCiv = 6; optional int32 userAttribution = 7; }
message KeepAlive { required int64 time = 1; }
message GetGlobalStateC2S { required uint64 userID = 1; }
message GetGlobalStateS2C { required int32 marketHK = 1; required int32 marketUS = 2; required int32
  marketSH = 3; required int32 marketSZ = 4; required int32 marketHKFuture = 5; required bool qotLogined =
  6; required bool trdLogined = 7; required int32 serverVer = 8; required int32 serverBuildNo = 9;
  required int64 time = 10; optional double localTime = 11; optional uint64 connID = 16; }

message GetAccListC2S { required uint64 userID = 1; optional int32 trdCategory = 2; optional bool
  needGeneralSecAccount = 3; }
message GetAccListS2C { repeated TrdAcc accList = 1; }
message TrdAcc { required int32 trdEnv = 1; required uint64 accID = 2; repeated int32 trdMarketAuthList =
  3; optional int32 accType = 4; optional string cardNum = 5; optional int32 securityFirm = 6; optional
  int32 simAccType = 7; optional string uniCardNum = 8; optional int32 accStatus = 9; optional int32
  accRole = 10; repeated int32 jpAccType = 11; optional string competitionAccName = 12; }
message UnlockTradeC2S { required bool unlock = 1; optional string pwdMD5 = 2; optional int32 securityFirm
  = 3; }
message Nothing { }
message SubAccPushC2S { repeated uint64 accIDList = 1; }

message GetFundsC2S { required TrdHeader header = 1; optional bool refreshCache = 2; optional int32
  currency = 3; optional int32 assetCategory = 4; }
message GetFundsS2C { required TrdHeader header = 1; optional Funds funds = 2; }
message Funds { required double power = 1; required double totalAssets = 2; required double cash = 3;
  required double marketVal = 4; required double frozenCash = 5; required double debtCash = 6; required
  double avlWithdrawalCash = 7; optional int32 currency = 8; optional double availableFunds = 9; optional
  double unrealizedPL = 10; optional double realizedPL = 11; optional int32 riskLevel = 12; repeated
  CashInfo cashInfoList = 15; optional double netCashPower = 17; optional double longMv = 18; optional
  double shortMv = 19; optional int32 riskStatus = 22; optional bool isPdt = 24; optional string pdtSeq =
  25; optional double securitiesAssets = 30; repeated MarketInfo marketInfoList = 33; }
message CashInfo { optional int32 currency = 1; optional double cash = 2; optional double availableBalance
  = 3; optional double netCashPower = 4; }
message MarketInfo { optional int32 trdMarket = 1; optional double assets = 2; }

message GetPositionListC2S { required TrdHeader header = 1; optional Conditions filterConditions = 2;
  optional double filterPLRatioMin = 3; optional double filterPLRatioMax = 4; optional bool refreshCache =
  5; optional int32 assetCategory = 6; optional int32 currency = 7; optional bool optionStrategyView = 8;
  }
message GetPositionListS2C { required TrdHeader header = 1; repeated Position positionList = 2; }
message Position { required uint64 positionID = 1; required int32 positionSide = 2; required string code =
  3; required string name = 4; required double qty = 5; required double canSellQty = 6; required double
  price = 7; optional double costPrice = 8; required double val = 9; required double plVal = 10; optional
  double plRatio = 11; optional int32 secMarket = 12; optional double td_plVal = 21; optional double
  td_trdVal = 22; optional double unrealizedPL = 28; optional double realizedPL = 29; optional int32
  currency = 30; optional int32 trdMarket = 31; optional double dilutedCostPrice = 32; optional double
  averageCostPrice = 33; optional double averagePlRatio = 34; }

message GetOrderListC2S { required TrdHeader header = 1; optional Conditions filterConditions = 2;
  repeated int32 filterStatusList = 3; optional bool refreshCache = 4; }
message GetHistoryOrderListC2S { required TrdHeader header = 1; required Conditions filterConditions = 2;
  repeated int32 filterStatusList = 3; }
message OrderListS2C { required TrdHeader header = 1; repeated Order orderList = 2; }
message Order { required int32 trdSide = 1; required int32 orderType = 2; required int32 orderStatus = 3;
  required uint64 orderID = 4; required string orderIDEx = 5; required string code = 6; required string
  name = 7; required double qty = 8; optional double price = 9; required string createTime = 10; required
  string updateTime = 11; optional double fillQty = 12; optional double fillAvgPrice = 13; optional string
  lastErrMsg = 14; optional int32 secMarket = 15; optional double createTimestamp = 16; optional double
  updateTimestamp = 17; optional string remark = 18; optional int32 timeInForce = 19; optional bool
  fillOutsideRTH = 20; optional int32 currency = 25; optional int32 trdMarket = 26; optional int32 session
  = 27; }

message GetOrderFillListC2S { required TrdHeader header = 1; optional Conditions filterConditions = 2;
  optional bool refreshCache = 3; }
message GetHistoryOrderFillListC2S { required TrdHeader header = 1; required Conditions filterConditions =
  2; }
message OrderFillListS2C { required TrdHeader header = 1; repeated OrderFill orderFillList = 2; }
message OrderFill { required int32 trdSide = 1; required uint64 fillID = 2; required string fillIDEx = 3;
  optional uint64 orderID = 4; optional string orderIDEx = 5; required string code = 6; required string
  name = 7; required double qty = 8; required double price = 9; required string createTime = 10; optional
  int32 counterBrokerID = 11; optional string counterBrokerName = 12; optional int32 secMarket = 13;
  optional double createTimestamp = 14; optional double updateTimestamp = 15; optional int32 status = 16;
  optional int32 trdMarket = 17; }

message GetOrderFeeC2S { required TrdHeader header = 1; repeated string orderIdExList = 2; }
message GetOrderFeeS2C { required TrdHeader header = 1; repeated OrderFee orderFeeList = 2; }
message OrderFee { required string orderIDEx = 1; optional double feeAmount = 2; repeated FeeItem feeList
  = 3; }
message FeeItem { optional string title = 1; optional double value = 2; }

message FlowSummaryC2S { required TrdHeader header = 1; required string clearingDate = 2; optional int32
  cashFlowDirection = 3; optional string startCreateDate = 4; optional string endCreateDate = 5; }
message FlowSummaryS2C { required TrdHeader header = 1; repeated FlowSummaryInfo flowSummaryInfoList = 2;
  }
message FlowSummaryInfo { optional string clearingDate = 1; optional string settlementDate = 2; optional
  int32 currency = 3; optional string cashFlowType = 4; optional int32 cashFlowDirection = 5; optional
  double cashFlowAmount = 6; optional string cashFlowRemark = 7; optional uint64 cashFlowID = 8; optional
  string createTime = 9; }

message PlaceOrderC2S { required PacketID packetID = 1; required TrdHeader header = 2; required int32
  trdSide = 3; required int32 orderType = 4; required string code = 5; required double qty = 6; optional
  double price = 7; optional bool adjustPrice = 8; optional double adjustSideAndLimit = 9; optional int32
  secMarket = 10; optional string remark = 11; optional int32 timeInForce = 12; optional bool
  fillOutsideRTH = 13; optional double auxPrice = 14; optional int32 trailType = 15; optional double
  trailValue = 16; optional double trailSpread = 17; optional int32 session = 18; }
message ModifyOrderC2S { required PacketID packetID = 1; required TrdHeader header = 2; required uint64
  orderID = 3; required int32 modifyOrderOp = 4; optional bool forAll = 5; optional int32 trdMarket = 6;
  optional double qty = 8; optional double price = 9; optional string orderIDEx = 16; }
message OrderS2C { required TrdHeader header = 1; optional uint64 orderID = 2; optional string orderIDEx =
  3; }
"""

SCHEMA = schema(
    _TEXT,
    {
        1001: ("InitConnectC2S", "InitConnectS2C"),
        1002: ("GetGlobalStateC2S", "GetGlobalStateS2C"),
        1004: ("KeepAlive", "KeepAlive"),
        2001: ("GetAccListC2S", "GetAccListS2C"),
        2005: ("UnlockTradeC2S", "Nothing"),
        2008: ("SubAccPushC2S", "Nothing"),
        2101: ("GetFundsC2S", "GetFundsS2C"),
        2102: ("GetPositionListC2S", "GetPositionListS2C"),
        2201: ("GetOrderListC2S", "OrderListS2C"),
        2202: ("PlaceOrderC2S", "OrderS2C"),
        2205: ("ModifyOrderC2S", "OrderS2C"),
        2211: ("GetOrderFillListC2S", "OrderFillListS2C"),
        2221: ("GetHistoryOrderListC2S", "OrderListS2C"),
        2222: ("GetHistoryOrderFillListC2S", "OrderFillListS2C"),
        2225: ("GetOrderFeeC2S", "GetOrderFeeS2C"),
        2226: ("FlowSummaryC2S", "FlowSummaryS2C"),
    },
)
