"""The fields of FDX's objects that are mapped or knowingly ignored; any other is counted and reported."""

from adapters.kit.rows import names

ACCOUNT = names(
    "accountId accountCategory accountType accountNumber accountNumberDisplay productName nickname status"
    " description accountOpenDate accountCloseDate parentAccountId lineOfBusiness routingTransitNumber"
    " balanceType contact interestRate interestRateType interestRateAsOf lastActivityDate"
    " priorInterestRate transferIn transferOut transactionsIncluded billPayStatus micrNumber currency"
    " fiAttributes domicile rewardProgramId error links"
    " allowedCheckWriting allowedOptionTrade balanceAsOf balanceList availableCashBalance balance bonds"
    " brokerId calendarYearFor401K contribution currentValue dailyChange percentageChange employerName"
    " holdings inv401K inv401KBalance loan401k margin marginBalance openOrders pensionSource planId"
    " rolloverAmount shortBalance vesting investmentLoans currentLoanBalance"
)
HOLDING = names(
    "holdingId securityId securityIdType securityIds holdingName holdingType holdingSubType positionType"
    " heldInAccount description symbol originalPurchaseDate purchasedPrice currentAmortizationFactor"
    " currentUnitPrice changeInPrice currentUnitPriceDate units marketValue faceValue averageCost"
    " cashAccount rate expirationDate inv401kSource currency assetClasses fiAssetClasses fiAttributes"
    " taxLots digitalUnits unvestedQuantity unvestedValue vestedQuantity vestedValue balanceAsOf error"
    " debtSecurity mutualFundSecurity optionSecurity otherSecurity stockSecurity sweepSecurity"
    " digitalAsset"
)
TRANSACTION = names(
    "accountCategory accountId transactionId referenceTransactionId postedTimestamp transactionTimestamp"
    " description memo debitCreditMemo category subCategory reference status amount foreignAmount"
    " foreignCurrency imageIds links fiAttributes transactionType shares faceValue price securityId"
    " securityIdType securityIds securityType symbol markup commission taxes fees load inv401kSource"
    " confirmationNumber fractionalCash incomeType oldUnits newUnits splitRatioNumerator"
    " splitRatioDenominator penalty subAccountFund subAccountSec positionType transferAction"
    " transactionReason unitPrice units unitType withholding stateWithholding accruedInterest gain"
    " digitalUnits loanId loanInterest loanPrincipal payrollDate priorYearContribution settlementTimestamp"
    " payee checkNumber rewards location"
)
