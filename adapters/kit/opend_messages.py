"""What OpenD's messages consist of: the fields that we read, by their numbers.

Facts of the .proto files that come with its official client. Names and numbers only: what is not in here is
told under its number, and counted.
"""

from typing import Any

import msgspec

from adapters.kit.protobuf import decoded, encoded, shapes
from domain.errors import UnreadableReply

INIT_CONNECT, GLOBAL_STATE, NOTIFY, KEEP_ALIVE = 1001, 1002, 1003, 1004

_SHAPES = shapes("""
TrdHeader: trdEnv=1 accID=2:uint64 trdMarket=3 jpAccType=4
Filter: codeList=1:string* idList=2:uint64* beginTime=3:string endTime=4:string orderIDExList=5:string*
    filterMarket=6
Hello: clientVer=1 clientID=2:string recvNotify=3:bool packetEncAlgo=4 pushProtoFmt=5
    programmingLanguage=6:string aiType=7
Welcome: serverVer=1 loginUserID=2:uint64 connID=3:uint64 connAESKey=4:string keepAliveInterval=5
    aesCBCiv=6:string userAttribution=7
Time: time=1
User: userID=1:uint64
State: marketHK=1 marketUS=2 marketSH=3 marketSZ=4 marketHKFuture=5 qotLogined=6:bool trdLogined=7:bool
    serverVer=8 serverBuildNo=9 time=10 localTime=11:double connID=16:uint64
AccListAsked: userID=1:uint64 trdCategory=2 needGeneralSecAccount=3:bool
AccList: accList=1:TrdAcc*
TrdAcc: trdEnv=1 accID=2:uint64 trdMarketAuthList=3* accType=4 cardNum=5:string securityFirm=6
    simAccType=7 uniCardNum=8:string accStatus=9 accRole=10 jpAccType=11* competitionAccName=12:string
FundsAsked: header=1:TrdHeader refreshCache=2:bool currency=3 assetCategory=4
FundsTold: header=1:TrdHeader funds=2:Funds
Funds: power=1:double totalAssets=2:double cash=3:double marketVal=4:double frozenCash=5:double
    debtCash=6:double avlWithdrawalCash=7:double currency=8 availableFunds=9:double
    unrealizedPL=10:double realizedPL=11:double riskLevel=12 initialMargin=13:double
    maintenanceMargin=14:double cashInfoList=15:CashInfo* maxPowerShort=16:double netCashPower=17:double
    longMv=18:double shortMv=19:double pendingAsset=20:double maxWithdrawal=21:double riskStatus=22
    marginCallMargin=23:double isPdt=24:bool pdtSeq=25:string beginningDTBP=26:double
    remainingDTBP=27:double dtCallAmount=28:double dtStatus=29 securitiesAssets=30:double
    fundAssets=31:double bondAssets=32:double marketInfoList=33:MarketInfo* cryptoMv=34:double
    exposureLevel=35 exposureLimit=36:double usedLimit=37:double remainingLimit=38:double
CashInfo: currency=1 cash=2:double availableBalance=3:double netCashPower=4:double
MarketInfo: trdMarket=1 assets=2:double
PositionsAsked: header=1:TrdHeader filterConditions=2:Filter filterPLRatioMin=3:double
    filterPLRatioMax=4:double refreshCache=5:bool assetCategory=6 currency=7 optionStrategyView=8:bool
Positions: header=1:TrdHeader positionList=2:Position*
Position: positionID=1:uint64 positionSide=2 code=3:string name=4:string qty=5:double
    canSellQty=6:double price=7:double costPrice=8:double val=9:double plVal=10:double plRatio=11:double
    secMarket=12 td_plVal=21:double td_trdVal=22:double td_buyVal=23:double td_buyQty=24:double
    td_sellVal=25:double td_sellQty=26:double unrealizedPL=28:double realizedPL=29:double currency=30
    trdMarket=31 dilutedCostPrice=32:double averageCostPrice=33:double averagePlRatio=34:double
    comboID=35:uint64 strategyType=36 positionType=37 accID=38:uint64 jpAccType=39 payoutIfWin=40:double
OrdersAsked: header=1:TrdHeader filterConditions=2:Filter filterStatusList=3*
Orders: header=1:TrdHeader orderList=2:Order*
Order: trdSide=1 orderType=2 orderStatus=3 orderID=4:uint64 orderIDEx=5:string code=6:string
    name=7:string qty=8:double price=9:double createTime=10:string updateTime=11:string
    fillQty=12:double fillAvgPrice=13:double lastErrMsg=14:string secMarket=15 createTimestamp=16:double
    updateTimestamp=17:double remark=18:string timeInForce=19 fillOutsideRTH=20:bool auxPrice=21:double
    trailType=22 trailValue=23:double trailSpread=24:double currency=25 trdMarket=26 session=27
    jpAccType=28 expireTime=29:string orderAmount=30:double strategyType=31
FillsAsked: header=1:TrdHeader filterConditions=2:Filter refreshCache=3:bool
HistoryAsked: header=1:TrdHeader filterConditions=2:Filter
Fills: header=1:TrdHeader orderFillList=2:Fill*
Fill: trdSide=1 fillID=2:uint64 fillIDEx=3:string orderID=4:uint64 orderIDEx=5:string code=6:string
    name=7:string qty=8:double price=9:double createTime=10:string counterBrokerID=11
    counterBrokerName=12:string secMarket=13 createTimestamp=14:double updateTimestamp=15:double
    status=16 trdMarket=17 jpAccType=18
FeesAsked: header=1:TrdHeader orderIdExList=2:string*
Fees: header=1:TrdHeader orderFeeList=2:OrderFee*
OrderFee: orderIDEx=1:string feeAmount=2:double feeList=3:Fee*
Fee: title=1:string value=2:double
FlowsAsked: header=1:TrdHeader clearingDate=2:string cashFlowDirection=3 startCreateDate=4:string
    endCreateDate=5:string
Flows: header=1:TrdHeader flowSummaryInfoList=2:Flow*
Flow: clearingDate=1:string settlementDate=2:string currency=3 cashFlowType=4:string cashFlowDirection=5
    cashFlowAmount=6:double cashFlowRemark=7:string cashFlowID=8:uint64 createTime=9:string
""")
# What is asked and what is told, by protocol.
PROTOCOLS: dict[int, tuple[str, str]] = {
    INIT_CONNECT: ("Hello", "Welcome"),
    GLOBAL_STATE: ("User", "State"),
    KEEP_ALIVE: ("Time", "Time"),
    2001: ("AccListAsked", "AccList"),
    2101: ("FundsAsked", "FundsTold"),
    2102: ("PositionsAsked", "Positions"),
    2211: ("FillsAsked", "Fills"),
    2221: ("OrdersAsked", "Orders"),
    2222: ("HistoryAsked", "Fills"),
    2225: ("FeesAsked", "Fees"),
    2226: ("FlowsAsked", "Flows"),
}
_ENVELOPES = shapes(
    "\n".join(
        f"Request{number}: c2s=1:{asked}\nResponse{number}: retType=1 retMsg=2:string errCode=3 s2c=4:{told}"
        for number, (asked, told) in PROTOCOLS.items()
    )
)
_ALL = _SHAPES | _ENVELOPES


def request(protocol: int, body: bytes) -> bytes:
    """From our JSON ({"c2s": {...}}) to the message."""
    told: dict[str, Any] = msgspec.json.decode(body)
    return encoded(_ALL, f"Request{protocol}", told)


def response(protocol: int, body: bytes) -> bytes:
    """From the message to JSON. What has no result has none here either. Raises UnreadableReply."""
    if protocol not in PROTOCOLS:
        raise UnreadableReply("the answer is one that nobody asked for")
    return decoded(_ALL, f"Response{protocol}", body)
